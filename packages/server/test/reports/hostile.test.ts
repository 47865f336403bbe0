import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseReport, type Report, type ReportRecipient } from '../../src/reports/reports.ts';
import { readForms } from './forms.ts';
import { mutants } from './mutations.ts';
import { cpuMs } from '../support/cpu-time.ts';

const FORMS = join(import.meta.dirname, 'forms');
const CORPUS = join(
  process.env['WAYBILL_CORPUS_DIR'] ?? resolve(import.meta.dirname, '../../../../../shared/data/mail'),
  'reports',
);
const skip = existsSync(CORPUS) ? false : `no reports in ${CORPUS} (set WAYBILL_CORPUS_DIR)`;

const MEGABYTE = 2 ** 20;
/** Twenty times what it takes on an idle machine: a stall is minutes. */
const GENEROUS_MS_PER_MB = 1000;

const KINDS = new Set(['dsn', 'bounce', 'mdn', 'auto-reply', 'complaint', 'reply', 'none']);

/** Whatever the message, this holds of its report. */
function assertSound(report: Report, name: string): void {
  assert.ok(KINDS.has(report.kind), name);
  assert.ok(report.originalMessageId === undefined || /^<[^<>\s]+>$/.test(report.originalMessageId), name);
  if (report.kind === 'none') assert.deepEqual(report, { kind: 'none', recipients: [] }, name);
  const addresses = report.recipients.map(({ address }) => address.toLowerCase());
  if (report.kind !== 'mdn')
    assert.equal(new Set(addresses).size, addresses.length, `${name}: twice the same`);
  for (const recipient of report.recipients) assertSoundRecipient(recipient, name);
}

function assertSoundRecipient(
  { address, status, action, class: reason, diagnostic }: ReportRecipient,
  name: string,
): void {
  // eslint-disable-next-line no-control-regex -- these are what must not come through
  assert.doesNotMatch(address, /[\s\u0000-\u001f\u007f]/, name);
  assert.notEqual(address, '', name);
  if (status !== undefined) assert.match(status, /^[245]\.\d{1,3}\.\d{1,3}$/, name);
  if (action === 'failed' || action === 'delayed') {
    assert.ok(reason !== undefined, `${name}: no class`);
    assert.ok(status === undefined || !status.startsWith('2'), `${name}: ${action} with ${status}`);
  } else assert.equal(reason, undefined, name);
  assert.ok(diagnostic === undefined || (diagnostic.length <= 500 && !/[\r\n]/.test(diagnostic)), name);
}

function assertSoundMutants(messages: Iterable<readonly [name: string, message: Buffer]>): void {
  let seed = 1;
  for (const [name, message] of messages) {
    for (const mutant of mutants(message, (seed += 1))) {
      assertSound(parseReport(mutant.message), `${name}, ${mutant.name}`);
    }
  }
}

describe('what no mail system would send', () => {
  test('our own forms, cut, swapped, nested and with changed bytes', () => {
    const forms = readdirSync(FORMS).flatMap((file) => readForms(join(FORMS, file)));
    assertSoundMutants(forms.map(({ name, message }) => [name, message] as const));
  });

  test('real reports, cut, swapped, nested and with changed bytes', { skip }, () => {
    const files = readdirSync(CORPUS).filter((file) => file.endsWith('.eml'));
    assertSoundMutants(files.map((file) => [file, readFileSync(join(CORPUS, file))] as const));
  });

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => assertSound(parseReport(bytes), 'bytes')),
      { numRuns: 300 },
    );
  });

  test('any words of reports in any order', () => {
    const words = fc.constantFrom(
      ...[
        'From: ',
        'MAILER-DAEMON@a.example',
        '\r\n',
        '\n\n',
        '--b\n',
        '--b--\n',
        'boundary=b',
        'a@b.example',
        '<',
        '>',
      ],
      ...[
        'Content-Type: ',
        'multipart/report; ',
        'message/delivery-status\n',
        'Final-Recipient: rfc822;',
        'Action: ',
        'failed',
      ],
      ...[
        'delayed',
        'delivered',
        'Status: ',
        '5.1.1',
        '4.4.7',
        '2.0.0',
        '550 ',
        'Disposition: ',
        'displayed',
        'In-Reply-To: ',
      ],
      ...[
        '<1@c.example>',
        'could not be delivered',
        'Subject: ',
        'Undeliverable',
        'X-Failed-Recipients: ',
        '{',
        '}',
        '"',
        '@',
        '邮箱',
      ],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 80 }), (parts) =>
        assertSound(parseReport(Buffer.from(parts.join(''))), parts.join('')),
      ),
      { numRuns: 1000 },
    );
  });

  test('no text makes it stall, wherever it stands', () => {
    const head = 'From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail Returned to Sender\n';
    const status = `${head}Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n`;
    for (const unit of UNITS) {
      const body = unit.repeat(Math.ceil((2 * MEGABYTE) / Buffer.byteLength(unit)));
      for (const [where, message] of [
        ['text', `${head}\n${body}`],
        ['HTML', `${head}Content-Type: text/html\n\n${body}`],
        ['fields', `${status}${body}`],
        ['header', `${head}X-A: ${body}\n\nx`],
      ] as const) {
        const raw = Buffer.from(message);
        const took = cpuMs(() => assertSound(parseReport(raw), `${unit} as ${where}`));
        assert.ok(
          took < (GENEROUS_MS_PER_MB * raw.length) / MEGABYTE,
          `${unit} as ${where}: ${Math.round(took)} ms`,
        );
      }
    }
  });
});

/** What the expressions here look for, and what nearly fits them. */
const UNITS: readonly string[] = [
  ...[
    'a',
    '@',
    'a@b ',
    'a@b.example\n',
    '<',
    '"@',
    '550 ',
    '550 5.1.1 ',
    'From: x\n',
    'Received: x\n\n',
    '> ',
    '&lt;',
    '--a\n\n',
  ],
  ...[
    'Final-Recipient: rfc822;a@b.example\nStatus: 5.1.1\n\n',
    '=?utf-8?q?',
    'could not be ',
    'mailbox is not is not ',
    'user ',
  ],
  ...[
    'konto a b c d e f ',
    '(generated from ',
    'eventually if when ',
    '. if',
    '{',
    '{"notificationType":"Bounce",',
    'спам ',
    '收件人',
  ],
  ...['a: b\n c', ' \t', 'was read your message: ', 'nicht an ', 'Empfänger a b c d e ', '受信者あ'],
];
