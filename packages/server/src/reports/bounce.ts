import { readMessageId } from '../messages/messages.ts';
import { addressOf, findAddresses, sameAddress } from './address.ts';
import {
  findDeliveryStatus,
  parseDeliveryStatus,
  type DeliveryStatus,
  type StatusRecipient,
} from './delivery-status.ts';
import { describe } from './failure.ts';
import type { HeaderFields } from './header-fields.ts';
import { answeredMessageId } from './message-id.ts';
import { recipientsNamed, type NamedRecipient } from './notice.ts';
import { findHeaderBlock, headerAt } from './quoted-message.ts';
import type { ReportSource } from './report-source.ts';
import type { Report, ReportRecipient } from './report.ts';

/** A delivery status notification or a bounce in free text: one entry for each recipient. */
export function readBounce(kind: 'dsn' | 'bounce', source: ReportSource): Report {
  const status = statusOf(source);
  const original = originalOf(source, status);
  const named = recipientsNamed(source.own, sendersOf(source), addresseesOf(original));
  const recipients =
    status === undefined || status.recipients.length === 0
      ? withoutFields(source, named, original)
      : withFields(source, status.recipients, named, original);
  const report: Report = { kind, recipients };
  const id =
    readMessageId(original?.first('message-id')) ??
    status?.originalMessageId ??
    idInNotice(source.own) ??
    answeredMessageId(source.fields);
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
  status?: DeliveryStatus,
): HeaderFields | undefined {
  if (content.returned.length > 0 || status === undefined || content.statuses.length > 0) return original;
  const last = lines.findLastIndex((line) => /^(?:> ?){0,5}(?:final|original)-recipient[ \t]*:/i.test(line));
  const block = findHeaderBlock(lines, last + 1);
  return block === -1 ? original : headerAt(lines, block);
}

/** Who sent the mail is not who did not get it. */
function sendersOf({ fields, original }: ReportSource): string[] {
  const reporter = ['to', 'x-original-to', 'delivered-to', 'envelope-to', 'from', 'reply-to'];
  const author = ['from', 'return-path', 'sender', 'reply-to', 'errors-to'];
  const values = [
    ...reporter.flatMap((name) => fields.all(name)),
    ...author.flatMap((name) => original?.all(name) ?? []),
  ];
  return values.flatMap((value) => findAddresses(value.slice(0, 4096)).map(({ address }) => address));
}

function withFields(
  source: ReportSource,
  recipients: readonly StatusRecipient[],
  named: readonly NamedRecipient[],
  original: HeaderFields | undefined,
): ReportRecipient[] {
  const result = new Map<string, ReportRecipient>();
  const isOnly = recipients.length === 1;
  for (const fields of recipients) {
    // A pipe, a file or a host stands where the address should: then the notice may tell it.
    const fallback = isOnly
      ? (failedRecipients(source.fields)[0] ?? named[0]?.address ?? soleAddressee(original))
      : undefined;
    const isUsable = fields.address !== undefined && (fields.address.includes('@') || fallback === undefined);
    const address = isUsable ? fields.address : fallback;
    if (address === undefined || result.has(address.toLowerCase())) continue;
    const about = wordsAbout(source, named, address, isOnly);
    result.set(address.toLowerCase(), describe(source, { ...fields, address }, about));
  }
  return [...result.values()];
}

function withoutFields(
  source: ReportSource,
  named: readonly NamedRecipient[],
  original: HeaderFields | undefined,
): ReportRecipient[] {
  const addresses = addressesOf(source, named, original);
  return addresses.map((address) => {
    const about = wordsAbout(source, named, address, addresses.length === 1);
    return describe(source, { address, originalAddress: writtenTo(about[0], address) }, about);
  });
}

/** The alias or list that led to an address: Exim, Postfix and Sendmail name it behind. */
const LED_FROM = /\((?:generated|expanded) from:? ?/i;

function writtenTo(paragraph: string | undefined, address: string): string | undefined {
  const start = paragraph?.slice(0, 1000).search(LED_FROM) ?? -1;
  if (paragraph === undefined || start === -1) return undefined;
  const alias = findAddresses(paragraph.slice(start, start + 400))[0]?.address;
  return alias === undefined || sameAddress(alias, address) ? undefined : alias;
}

function addressesOf(
  { fields }: ReportSource,
  named: readonly NamedRecipient[],
  original: HeaderFields | undefined,
): string[] {
  const sure = named.filter(({ sure: isSure }) => isSure);
  if (sure.length > 0) return sure.map(({ address }) => address);
  const failed = failedRecipients(fields);
  if (failed.length > 0) return failed;
  if (named.length > 0) return named.map(({ address }) => address);
  const addressee = soleAddressee(original);
  return addressee === undefined ? [] : [addressee];
}

/** What the notice says of a recipient; of the only one, everything. */
function wordsAbout(
  { own }: ReportSource,
  named: readonly NamedRecipient[],
  address: string,
  isOnly: boolean,
): readonly string[] {
  const exact = named.find((candidate) => sameAddress(candidate.address, address));
  if (exact !== undefined) return exact.about;
  return isOnly ? (named[0]?.about ?? [own.slice(0, 200).join('\n')]) : [];
}

/** Exim's, Google's and Mail.ru's own field. */
function failedRecipients(fields: HeaderFields): string[] {
  const all = fields
    .all('x-failed-recipients')
    .flatMap((value) => findAddresses(value.slice(0, 65_536)).map(({ address }) => address));
  return [...new Set(all)];
}

function soleAddressee(original: HeaderFields | undefined): string | undefined {
  const addressees = addresseesOf(original);
  return addressees.length === 1 ? addressees[0] : undefined;
}

/** `a@b <c@d>` is one addressee: what stands in angle brackets. */
function addresseesOf(original: HeaderFields | undefined): string[] {
  const values = original?.all('to').flatMap((value) => value.slice(0, 4096).split(',')) ?? [];
  return values.map(addressOf).filter((address) => address !== undefined);
}

function idInNotice(own: readonly string[]): string | undefined {
  const line = own.find((candidate) =>
    /^[ \t>]*(?:original )?message[- ]id(?:entifier)?(?: is)?[ \t]*:/i.test(candidate),
  );
  return line === undefined ? undefined : readMessageId(line.slice(line.indexOf(':') + 1));
}
