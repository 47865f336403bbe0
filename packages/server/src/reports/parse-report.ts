import { readMessageId } from '../messages/messages.ts';
import { addressOf, findAddresses, sameAddress } from './address.ts';
import { isAutoReply, isByMachine } from './auto-reply.ts';
import { readBounce } from './bounce.ts';
import { readContent } from './content.ts';
import { findDeliveryStatus } from './delivery-status.ts';
import { parseDisposition } from './disposition.ts';
import { isByPerson, looksLikeBounce } from './evidence.ts';
import { classOfWords } from './failure-class.ts';
import { parseFeedback } from './feedback.ts';
import { freeReceipt } from './free-receipt.ts';
import type { HeaderFields } from './header-fields.ts';
import { answeredMessageId, messageIdsOf } from './message-id.ts';
import { namesRecipient } from './notice.ts';
import { PartReader } from './part.ts';
import { readProviderEvent } from './provider-event.ts';
import { findHeaderBlock } from './quoted-message.ts';
import type { Disposition, Report, ReportKind, ReportRecipient } from './report.ts';
import { sourceOf, type ReportSource } from './report-source.ts';

/**
 * Recognises and reads a report about a delivery: DSN (RFC 3464), bounce in free text, receipt (RFC 8098),
 * auto-reply (RFC 3834), complaint (RFC 5965), reply. Pure; linear in the message's size; any bytes give a result.
 */
export function parseReport(message: Uint8Array): Report {
  const reader = new PartReader(message);
  const root = reader.read();
  const content = readContent(reader, root);
  const source = sourceOf(root.fields, content);
  const report: Report = readerOf(kindOf(source))(source);
  addMatchingHints(report, source);
  return report;
}

function kindOf(source: ReportSource): ReportKind | 'event' {
  const { fields, content, own, lines, original } = source;
  const { reportType } = content;
  if (content.feedbacks.length > 0 || reportType === 'feedback-report') return 'complaint';
  if (isProvidersComplaint(fields, original)) return 'complaint';
  if (reportType === 'disposition-notification') return 'mdn';
  if (reportType === 'delivery-status') return 'dsn';
  if (content.dispositions.length > 0) return 'mdn';
  if (content.statuses.length > 0 && !isPassedOn(source)) return 'dsn';
  if (readProviderEvent(lines) !== undefined) return 'event';
  const bounce = looksLikeBounce({
    fields,
    content,
    own,
    hasStatusFields: findDeliveryStatus(lines) !== undefined,
    quotesHeader: findHeaderBlock(lines, 0) !== -1,
    namesRecipient: namesRecipient(own),
  });
  if (bounce) return 'bounce';
  if (freeReceipt(fields, own) !== undefined) return 'mdn';
  if (isAutoReply(fields)) return 'auto-reply';
  if (answeredMessageId(fields) !== undefined && !isByMachine(fields)) return 'reply';
  return 'none';
}

/** Mail programs forward the parts of a report as attachments: it is somebody else's then. */
function isPassedOn({ fields, content }: ReportSource): boolean {
  return content.reportType === undefined && isByPerson(fields);
}

/** Complaints without ARF: Microsoft's junk mail reporting, SpamCop, Apple Mail's unsubscribing for its user. */
function isProvidersComplaint(fields: HeaderFields, original: HeaderFields | undefined): boolean {
  if (fields.has('x-apple-unsubscribe') || fields.has('x-spamcop-sourceip')) return true;
  return (
    original?.has('x-hmxmroriginalrecipient') === true && /^\s*complaint/i.test(fields.first('subject') ?? '')
  );
}

function readerOf(kind: ReportKind | 'event'): (source: ReportSource) => Report {
  switch (kind) {
    case 'complaint':
      return readComplaint;
    case 'mdn':
      return readReceipt;
    case 'dsn':
    case 'bounce':
      return (source) => readBounce(kind, source);
    case 'event':
      return ({ lines }) => readProviderEvent(lines) ?? { kind: 'none', recipients: [] };
    case 'auto-reply':
    case 'reply':
      return (source) => readAnswer(kind, source);
    case 'none':
      return () => ({ kind: 'none', recipients: [] });
  }
}

function readComplaint({ fields, content, original }: ReportSource): Report {
  const report: Report = { kind: 'complaint', recipients: [] };
  const feedbacks = content.feedbacks.map(parseFeedback);
  const named = feedbacks.flatMap(({ addresses }) => addresses);
  const guessed =
    addressOf(original?.first('x-hmxmroriginalrecipient')) ??
    addressOf(original?.first('to')) ??
    (fields.has('x-apple-unsubscribe') ? addressOf(fields.first('from')) : undefined);
  for (const address of named.length > 0 ? named : [guessed]) {
    if (address !== undefined && !report.recipients.some((known) => sameAddress(known.address, address))) {
      report.recipients.push({ address });
    }
  }
  const type = feedbacks[0]?.type ?? (fields.has('x-apple-unsubscribe') ? 'opt-out' : undefined);
  if (type !== undefined) report.feedbackType = type;
  const envelopeId = feedbacks[0]?.originalEnvelopeId;
  if (envelopeId !== undefined) report.originalEnvelopeId = envelopeId;
  setOriginalMessageId(report, readMessageId(original?.first('message-id')));
  return report;
}

function readReceipt({ fields, content, own, original }: ReportSource): Report {
  const receipts = content.dispositions.map(parseDisposition);
  const recipients = receipts
    .map(({ recipient }) => recipient)
    .filter((recipient) => recipient !== undefined);
  if (receipts.length === 0) recipients.push(...readersOf(fields, freeReceipt(fields, own)));
  const report: Report = { kind: 'mdn', recipients };
  for (const recipient of recipients)
    markRefusal(recipient, `${fields.first('subject') ?? ''}\n${own.join('\n')}`);
  setOriginalMessageId(
    report,
    readMessageId(
      receipts.find(({ originalMessageId }) => originalMessageId !== undefined)?.originalMessageId,
    ) ??
      readMessageId(original?.first('message-id')) ??
      answeredMessageId(fields),
  );
  return report;
}

/** Of a receipt in free text: whoever sent it. */
function readersOf(fields: HeaderFields, disposition: Disposition | undefined): ReportRecipient[] {
  const address = addressOf(fields.first('from'));
  if (address === undefined) return [];
  return [disposition === undefined ? { address } : { address, disposition }];
}

/** Sieve's old `reject` (RFC 5429 §2.1.2) sends a receipt "deleted" for a mail that nobody has seen. */
function markRefusal(recipient: ReportRecipient, words: string): void {
  if (recipient.automatic !== true || recipient.disposition !== 'deleted') return;
  if (!/reject|refus/i.test(words.slice(0, 4000))) return;
  recipient.action = 'failed';
  recipient.class = classOfWords(words, {}) === 'mailbox-full' ? 'mailbox-full' : 'policy';
}

/** An answer is about the one who gives it. */
function readAnswer(kind: 'auto-reply' | 'reply', { fields, original }: ReportSource): Report {
  const report: Report = { kind, recipients: [] };
  const address = addressOf(fields.first('from')) ?? addressOf(fields.first('reply-to'));
  if (address !== undefined)
    report.recipients.push(kind === 'reply' ? { address } : { address, automatic: true });
  setOriginalMessageId(
    report,
    answeredMessageId(fields) ??
      (kind === 'reply' ? undefined : readMessageId(original?.first('message-id'))),
  );
  return report;
}

function setOriginalMessageId(report: Report, id: string | undefined): void {
  if (id !== undefined) report.originalMessageId = id;
}

/** Where servers write the envelope's recipient. */
const SENT_TO: readonly string[] = [
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'x-delivered-to',
  'x-rcpt-to',
  'to',
];

/** Addresses of one field that are kept for matching. */
const MAX_ADDRESSES = 20;

function addMatchingHints(report: Report, { fields, original }: ReportSource): void {
  if (report.kind === 'none') return;
  const sentTo = SENT_TO.flatMap((name) => fields.all(name));
  const addresses = uniqueAddresses(sentTo);
  if (addresses.length > 0) report.sentTo = addresses;
  const originalTo = uniqueAddresses(original?.all('to') ?? []);
  if (originalTo.length > 0) report.originalTo ??= originalTo;
  if (report.kind === 'reply' || report.kind === 'auto-reply') {
    const references = messageIdsOf(fields.all('references'));
    if (references.length > 0) report.references = references;
  }
}

function uniqueAddresses(values: readonly string[]): string[] {
  const all = values.flatMap((value) => findAddresses(value.slice(0, 8192)).map(({ address }) => address));
  return [...new Set(all)].slice(0, MAX_ADDRESSES);
}
