/**
 * How well are reports read? Prints the agreement with what is known of real reports, field by field, and the speed:
 *
 *   WAYBILL_CORPUS_DIR=../data/mail node packages/server/bench/reports.ts [--wrong [FIELD]]
 *
 * The directory holds reports/index.tsv (file, kind, recipient, action, status, reason, f_* for fields in the file) and
 * the messages. `--wrong` lists the rows that disagree. Leaves with 1 when a goal is missed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport, type FailureClass, type Report, type ReportRecipient } from '../src/reports/reports.ts';

type Row = Record<string, string>;

interface Outcome {
  file: string;
  expected: string;
  found: string;
  agrees: boolean;
}

const GOALS: Readonly<Record<string, number>> = { kind: 1, recipient: 0.98, status: 0.98 };

const KINDS: Readonly<Record<string, string>> = {
  dsn: 'dsn',
  'free-text': 'bounce',
  mdn: 'mdn',
  arf: 'complaint',
  'auto-reply': 'auto-reply',
  'not-a-bounce': 'none',
};

/** What the words of the corpus may mean among our classes; several where the corpus is less precise. */
const CLASSES: Readonly<Record<string, readonly FailureClass[]>> = {
  userunknown: ['unknown-user', 'disabled'],
  filtered: ['unknown-user', 'policy', 'disabled', 'spam'],
  suspend: ['disabled'],
  hasmoved: ['moved'],
  mailboxfull: ['mailbox-full'],
  mesgtoobig: ['too-large'],
  exceedlimit: ['too-large', 'mailbox-full'],
  norelaying: ['relay-denied'],
  rejected: ['policy'],
  blocked: ['reputation', 'policy', 'rate-limited', 'authentication'],
  badreputation: ['reputation', 'rate-limited'],
  requireptr: ['authentication', 'reputation', 'dns'],
  authfailure: ['authentication'],
  hostunknown: ['dns'],
  networkerror: ['network', 'dns'],
  notaccept: ['dns', 'policy', 'system'],
  onhold: ['other', 'system', 'policy'],
  mailererror: ['system'],
  systemerror: ['system', 'network'],
  systemfull: ['system', 'mailbox-full'],
  spamdetected: ['spam', 'content', 'reputation'],
  virusdetected: ['content'],
  contenterror: ['content'],
  policyviolation: ['policy', 'content'],
  securityerror: ['policy', 'authentication', 'relay-denied'],
  notcompliantrfc: ['content', 'policy'],
  toomanyconn: ['rate-limited'],
  expired: ['expired', 'network', 'dns'],
  syntaxerror: ['other', 'system', 'unknown-user', 'policy', 'content'],
  failedstarttls: ['network', 'system', 'policy', 'relay-denied'],
  undefined: ['other'],
};

const split = (value: string | undefined): string[] =>
  value === undefined || value === '' ? [] : value.split('|').map((item) => item.trim());

/** Codes that the tool behind the corpus made up (x.0.9xx): only their first digit is a fact. */
const isInvented = (code: string): boolean => /^\d\.0\.9\d\d$/.test(code);

function sameStatus(expected: string, found: string | undefined): boolean {
  return isInvented(expected) ? found?.[0] === expected[0] : found === expected;
}

function byAddress(report: Report, address: string): ReportRecipient | undefined {
  return report.recipients.find((recipient) => recipient.address.toLowerCase() === address.toLowerCase());
}

function outcomes(row: Row, report: Report): Record<string, Outcome | undefined> {
  const file = row['file'] ?? '';
  const outcome = (expected: string, found: string, agrees: boolean): Outcome => ({
    file,
    expected,
    found,
    agrees,
  });
  const result: Record<string, Outcome | undefined> = {};
  const kind = KINDS[row['kind'] ?? ''] ?? '?';
  result['kind'] = outcome(kind, report.kind, kind === report.kind);
  const known = split(row['recipient']);
  const fields = split(row['f_final']).filter((address) => address.includes('@'));
  const expected = known.length > 0 ? known : fields;
  const set = (addresses: readonly string[]): string =>
    [...new Set(addresses.map((item) => item.toLowerCase()))].sort().join(' ');
  if (expected.length > 0) {
    const found = set(report.recipients.map(({ address }) => address));
    result['recipient'] = outcome(set(expected), found, found === set(expected));
  }
  perRecipient(row, known.length > 0, expected, report, result, outcome);
  if (row['f_disposition']?.includes(';') === true) {
    const [found] = report.recipients;
    const text = `${found?.automatic === true ? 'automatic' : 'manual'} ${found?.disposition ?? ''}`;
    const [mode = '', type = ''] = (row['f_disposition'] ?? '').split(';');
    const wanted = `${mode.startsWith('automatic') ? 'automatic' : 'manual'} ${type.trim().split(/[/ ]/)[0]}`;
    result['disposition'] = outcome(wanted, text, wanted === text);
  }
  const id = row['f_orig_msgid'];
  if (id !== undefined && id !== '')
    result['message-id'] = outcome(id, report.originalMessageId ?? '', id === report.originalMessageId);
  return result;
}

function perRecipient(
  row: Row,
  isKnown: boolean,
  expected: readonly string[],
  report: Report,
  result: Record<string, Outcome | undefined>,
  outcome: (expected: string, found: string, agrees: boolean) => Outcome,
): void {
  const column = (known: string, field: string): string[] => split(row[isKnown ? known : field]);
  const compare = (
    name: string,
    values: readonly string[],
    agree: (value: string, recipient: ReportRecipient, index: number) => boolean,
    show: (recipient: ReportRecipient) => string | undefined,
  ): void => {
    if (values.length === 0 || values.length !== expected.length) return;
    const found = expected.map((address) => byAddress(report, address));
    const agrees = found.every(
      (recipient, index) => recipient !== undefined && agree(values[index] ?? '', recipient, index),
    );
    result[name] = outcome(
      values.join(' '),
      found.map((recipient) => (recipient === undefined ? '?' : show(recipient))).join(' '),
      agrees,
    );
  };
  const statuses = column('status', 'f_status').map((value) => value.split(' ')[0] ?? '');
  compare(
    'status',
    statuses,
    (value, { status }) => sameStatus(value, status),
    ({ status }) => status,
  );
  const fieldActions = split(row['f_action']);
  compare(
    'action',
    column('action', 'f_action'),
    (value, { action }, index) => value === action || fieldActions[index] === action,
    ({ action }) => action,
  );
  const reasons = split(row['reason']).filter((reason) => reason !== 'delivered' && reason !== 'feedback');
  compare(
    'class',
    reasons,
    (value, recipient) => CLASSES[value]?.includes(recipient.class ?? 'other') === true,
    (recipient) => recipient.class,
  );
}

const directory = join(process.env['WAYBILL_CORPUS_DIR'] ?? '../shared/data/mail', 'reports');
if (!existsSync(join(directory, 'index.tsv'))) {
  console.error(`There is no ${directory}/index.tsv: set WAYBILL_CORPUS_DIR.`);
  process.exit(2);
}
const [head = '', ...lines] = readFileSync(join(directory, 'index.tsv'), 'utf8').trimEnd().split('\n');
const names = head.split('\t');
const rows = lines.map((line): Row => {
  const cells = line.split('\t');
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
});
const messages = rows.map((row) => readFileSync(join(directory, row['file'] ?? '')));
for (const message of messages) parseReport(message);
let slowest = 0;
const begin = performance.now();
const reports = messages.map((message) => {
  const start = performance.now();
  const report = parseReport(message);
  slowest = Math.max(slowest, performance.now() - start);
  return report;
});
const seconds = (performance.now() - begin) / 1000;

const table = new Map<string, Outcome[]>();
for (const [index, row] of rows.entries()) {
  const report = reports[index];
  if (report === undefined) continue;
  for (const [name, outcome] of Object.entries(outcomes(row, report))) {
    if (outcome !== undefined) table.set(name, [...(table.get(name) ?? []), outcome]);
  }
}
console.log('field          agree    n      %');
for (const name of ['kind', 'recipient', 'status', 'action', 'class', 'disposition', 'message-id']) {
  const all = table.get(name) ?? [];
  const good = all.filter(({ agrees }) => agrees).length;
  const goal = GOALS[name];
  if (goal !== undefined && good < goal * all.length) process.exitCode = 1;
  const share = ((100 * good) / Math.max(1, all.length)).toFixed(1);
  console.log(
    `${name.padEnd(14)} ${String(good).padStart(5)} ${String(all.length).padStart(4)}  ${share.padStart(5)}`,
  );
}
const bytes = messages.reduce((sum, { length }) => sum + length, 0);
console.log(
  `\n${reports.length} messages, ${(bytes / 2 ** 20).toFixed(1)} MiB: ${Math.round(reports.length / seconds)} a second, ` +
    `${(bytes / 2 ** 20 / seconds).toFixed(1)} MiB/s, slowest ${slowest.toFixed(1)} ms`,
);
const flag = process.argv.indexOf('--wrong');
if (flag !== -1) {
  for (const [name, all] of table) {
    if ((process.argv[flag + 1] ?? name) !== name) continue;
    for (const { file, expected, found, agrees } of all) {
      if (!agrees) console.log(`${name}\t${file}\n\t  known ${expected}\n\t  found ${found}`);
    }
  }
}
