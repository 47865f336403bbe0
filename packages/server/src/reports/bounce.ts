import { addressOf, findAddresses, sameAddress } from './address.ts';
import {
  findDeliveryStatus,
  parseDeliveryStatus,
  type DeliveryStatus,
  type StatusRecipient,
} from './delivery-status.ts';
import { classify } from './failure-class.ts';
import type { HeaderFields } from './header-fields.ts';
import { answeredMessageId, messageIdOf } from './message-id.ts';
import { recipientsNamed, type NamedRecipient } from './notice.ts';
import { findHeaderBlock, headerAt } from './quoted-message.ts';
import type { Report, ReportAction, ReportRecipient } from './report.ts';
import type { ReportSource } from './report-source.ts';
import { findCodes, isVague, type Codes } from './status-code.ts';

const MAX_DIAGNOSTIC = 500;

/** "Still trying", in the words of mail systems. */
const STILL_TRYING =
  /(?:has|have) not yet been delivered|(?:will|shall) (?:be retried|continue|keep|retry|try)|still being retried|warning(?: message)? only|delivery (?:is |has been |will be )?delayed|delivery attempts will|delayed \d|do not need to resend|will be (?:re)?(?:tried|attempted)|^warning[:-]+ ?(?:could not|message)|continue to (?:try|attempt)|wird weiter versucht|delivery incomplete|temporary problem/im;
const GIVEN_UP =
  /giv(?:e|en|ing) up|permanent|will be deleted from|no further|returned to|aborted|not going to try/i;
const DELIVERED = /(?:was|were|been) successfully (?:delivered|relayed)|successful(?:ly)? deliver/i;

/** A delivery status notification or a bounce in free text: one entry for each recipient. */
export function readBounce(kind: 'dsn' | 'bounce', source: ReportSource): Report {
  const status = statusOf(source);
  const original = originalOf(source, status);
  const named = recipientsNamed(source.own, sendersOf(source));
  const recipients =
    status === undefined || status.recipients.length === 0
      ? withoutFields(source, named, original)
      : withFields(source, status.recipients, named, original);
  const report: Report = { kind, recipients };
  const id =
    messageIdOf(original?.first('message-id')) ?? idInNotice(source.own) ?? answeredMessageId(source.fields);
  if (id !== undefined) report.originalMessageId = id;
  if (status?.originalEnvelopeId !== undefined) report.originalEnvelopeId = status.originalEnvelopeId;
  if (status?.reportingMta !== undefined) report.reportingMta = status.reportingMta;
  return report;
}

function statusOf({ content, lines }: ReportSource): DeliveryStatus | undefined {
  const parsed = content.statuses.map(parseDeliveryStatus);
  const [first] = parsed;
  if (first !== undefined && parsed.some(({ recipients }) => recipients.length > 0)) {
    return { ...first, recipients: parsed.flatMap(({ recipients }) => recipients) };
  }
  return findDeliveryStatus(lines) ?? first;
}

/** The returned header; in a text that has a whole report in it, the one behind the fields of that report. */
function originalOf(
  { content, lines, original }: ReportSource,
  status: DeliveryStatus | undefined,
): HeaderFields | undefined {
  if (content.returned.length > 0 || status === undefined || content.statuses.length > 0) return original;
  const last = lines.findLastIndex((line) => /^(?:> ?)*(?:final|original)-recipient[ \t]*:/i.test(line));
  const block = findHeaderBlock(lines, last + 1);
  return block === -1 ? original : headerAt(lines, block);
}

/** Who sent the mail is not who did not get it. */
function sendersOf({ fields, original }: ReportSource): string[] {
  const values = [
    ...['to', 'x-original-to', 'delivered-to', 'envelope-to', 'from', 'reply-to'].flatMap((name) =>
      fields.all(name),
    ),
    ...['from', 'return-path', 'sender', 'reply-to', 'errors-to'].flatMap(
      (name) => original?.all(name) ?? [],
    ),
  ];
  return values.flatMap((value) => findAddresses(value.slice(0, 4096)).map(({ address }) => address));
}

function withFields(
  source: ReportSource,
  recipients: readonly StatusRecipient[],
  named: readonly NamedRecipient[],
  original: HeaderFields | undefined,
): ReportRecipient[] {
  const result: ReportRecipient[] = [];
  const only = recipients.length === 1;
  for (const fields of recipients) {
    const fallback = only
      ? (failedRecipients(source.fields)[0] ?? named[0]?.address ?? soleAddressee(original))
      : undefined;
    const usable = fields.address !== undefined && (fields.address.includes('@') || fallback === undefined);
    const address = usable ? fields.address : fallback;
    if (address === undefined || result.some((known) => sameAddress(known.address, address))) continue;
    const words =
      named.find((candidate) => sameAddress(candidate.address, address)) ?? (only ? named[0] : undefined);
    result.push(describe(source, { ...fields, address }, words));
  }
  return result;
}

function withoutFields(
  source: ReportSource,
  named: readonly NamedRecipient[],
  original: HeaderFields | undefined,
): ReportRecipient[] {
  const failed = failedRecipients(source.fields);
  const sure = named.filter(({ sure: isSure }) => isSure);
  const addresses =
    sure.length > 0
      ? sure.map(({ address }) => address)
      : failed.length > 0
        ? failed
        : named.length > 0
          ? named.map(({ address }) => address)
          : [soleAddressee(original)].filter((address) => address !== undefined);
  const whole = source.own.slice(0, 400).join('\n');
  return addresses.map((address) => {
    const words = named.find((candidate) => sameAddress(candidate.address, address)) ?? {
      address,
      about: whole,
      codes: findCodes(whole),
      sure: false,
    };
    const nothing = {
      originalAddress: undefined,
      action: undefined,
      status: undefined,
      diagnostic: undefined,
    };
    return describe(source, { ...nothing, address }, words);
  });
}

/** Exim's, Google's and Mail.ru's own field. */
function failedRecipients(fields: HeaderFields): string[] {
  const all = fields
    .all('x-failed-recipients')
    .flatMap((value) => findAddresses(value.slice(0, 65_536)).map(({ address }) => address));
  return [...new Set(all)];
}

function soleAddressee(original: HeaderFields | undefined): string | undefined {
  const addressees = original?.all('to') ?? [];
  return addressees.length === 1 && findAddresses(addressees[0] ?? '').length === 1
    ? addressOf(addressees[0])
    : undefined;
}

function describe(
  source: ReportSource,
  fields: StatusRecipient & { address: string },
  words: NamedRecipient | undefined,
): ReportRecipient {
  const said = fields.diagnostic ?? words?.about ?? '';
  const quoted = findCodes(fields.diagnostic ?? '');
  const codes = quoted.status === undefined && quoted.reply === undefined ? (words?.codes ?? {}) : quoted;
  const action = fields.action ?? actionSaid(source, codes);
  const status = statusOfAll(fields, quoted, words?.codes ?? {}, action);
  const recipient: ReportRecipient = { address: fields.address, action, status };
  if (action === 'failed' || action === 'delayed') {
    recipient.class = classify(said, { ...codes, status });
  }
  const diagnostic = oneLine(said, fields.address);
  if (diagnostic !== '') recipient.diagnostic = diagnostic;
  if (fields.originalAddress !== undefined) recipient.originalAddress = fields.originalAddress;
  return recipient;
}

function actionSaid({ fields, own }: ReportSource, codes: Codes): ReportAction {
  const text = `${fields.first('subject') ?? ''}\n${own.slice(0, 400).join('\n')}`;
  if (DELIVERED.test(text)) return 'delivered';
  if (STILL_TRYING.test(text) && !GIVEN_UP.test(text) && !String(codes.reply ?? '').startsWith('5'))
    return 'delayed';
  return 'failed';
}

/**
 * The remote server's own code, where the diagnostic quotes one, tells why; the `Status` field is what the reporting
 * system made of it. The words of the notice are asked last.
 */
function statusOfAll(fields: StatusRecipient, quoted: Codes, said: Codes, action: ReportAction): string {
  const candidates = [quoted.status, fields.status, said.status].filter((code) => code !== undefined);
  const exact = candidates.find((code) => !isVague(code));
  return exact ?? candidates[0] ?? vagueStatus(action, quoted.reply ?? said.reply);
}

/** RFC 3463 §2: X.0.0 when only the class of the status is known. */
function vagueStatus(action: ReportAction, reply: number | undefined): string {
  if (reply !== undefined) return reply >= 500 ? '5.0.0' : '4.0.0';
  if (action === 'delayed') return '4.0.0';
  return action === 'failed' ? '5.0.0' : '2.0.0';
}

function idInNotice(own: readonly string[]): string | undefined {
  const line = own.find((candidate) =>
    /^[ \t>]*(?:original )?message[- ]id(?:entifier)?(?: is)?[ \t]*:/i.test(candidate),
  );
  return line === undefined ? undefined : messageIdOf(line.slice(line.indexOf(':') + 1));
}

/** The diagnostic as one line, without the address it begins with. */
function oneLine(text: string, address: string): string {
  const flat = text
    .slice(0, 4000)
    .replaceAll(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  const start = flat.indexOf(address);
  const lead =
    start >= 0 && start < 4 ? /^[>"':]* ?/.exec(flat.slice(start + address.length))?.[0].length : undefined;
  const rest = lead === undefined ? flat : flat.slice(start + address.length + lead);
  return rest.slice(0, MAX_DIAGNOSTIC).trim();
}
