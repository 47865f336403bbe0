import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseReport } from '../../src/reports/reports.ts';
import { multipart } from '../support/report-mail.ts';

const LINES = readFileSync(join(import.meta.dirname, 'diagnostics.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** A report without any other word or code. */
function classOf(words: string): string | undefined {
  const fields = `Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nDiagnostic-Code: smtp; ${words}`;
  const raw = multipart(
    ['From: MAILER-DAEMON@mx.example'],
    [{ type: 'message/delivery-status', text: fields }],
  );
  return parseReport(raw).recipients[0]?.class;
}

for (const line of LINES) {
  const [expected = '', words = ''] = line.split('\t');
  test(`${expected}: ${words}`, () => {
    assert.equal(classOf(words), expected);
  });
}
