import type { FailureClass, Report, ReportRecipient } from '../../src/reports/reports.ts';

/** A line of index.tsv by the names of its columns. */
export type Row = Record<string, string>;

export interface Outcome {
  file: string;
  expected: string;
  found: string;
  agrees: boolean;
}

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

/** What is known of a message beside what was found, field by field; undefined where nothing is known. */
export function outcomes(row: Row, report: Report): Record<string, Outcome | undefined> {
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
