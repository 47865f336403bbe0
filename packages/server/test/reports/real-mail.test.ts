import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parseReport } from '../../src/reports/reports.ts';

const CORPUS = join(
  process.env['WAYBILL_CORPUS_DIR'] ?? resolve(import.meta.dirname, '../../../../../shared/data/mail'),
  'eml',
);
const skip = existsSync(join(CORPUS, 'index.tsv')) ? false : `no mail in ${CORPUS} (set WAYBILL_CORPUS_DIR)`;

interface RealMail {
  file: string;
  isReport: boolean;
  from: string;
  raw: Buffer;
}

function realMails(): RealMail[] {
  const [, ...lines] = readFileSync(join(CORPUS, 'index.tsv'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [file = '', , , traits = ''] = line.split('\t');
    const raw = readFileSync(join(CORPUS, file));
    const from = /^from:[^\n]*(?:\n[ \t][^\n]*)*/im.exec(raw.toString('latin1'))?.[0] ?? '';
    const isReport = /(?:^|;)(?:report(?:;|$)|top=message\/delivery-status)/.test(traits);
    return { file, isReport, from, raw };
  });
}

test('among real mail, what is typed as a report is known as one', { skip }, () => {
  for (const { file, isReport, raw } of realMails()) {
    if (isReport) assert.notEqual(parseReport(raw).kind, 'none', file);
  }
});

test(
  'among real mail, newsletters, lists, spam and letters included, only mail systems report',
  { skip },
  () => {
    for (const { file, isReport, from, raw } of realMails()) {
      const { kind } = parseReport(raw);
      if (isReport || kind === 'none' || kind === 'reply') continue;
      assert.match(from, /mailer-daemon|postmaster|mail delivery/i, `${file} is no ${kind}`);
    }
  },
);
