import { listAddresses, readMessageId } from '../messages/messages.ts';
import { addressOf } from './address.ts';
import { isAutoReply, isByMachine } from './auto-reply.ts';
import { hasNullSender, isDaemon } from './daemon.ts';
import { hasBounceSubject } from './evidence.ts';
import { hasReceiptSubject } from './free-receipt.ts';
import { parseParameters, readHeader, type HeaderFields } from './header-fields.ts';

/** What a message's header, or the beginning of it, tells before the message itself is fetched. */
export interface FirstLook {
  /** It may be a report, whatever it answers: worth reading whole. */
  mayBeReport: boolean;
  /** Bare address of the author. */
  from: string | undefined;
  /** With angle brackets. */
  messageId: string | undefined;
  /** `Date` as it is written. */
  date: string | undefined;
  /** Messages that it answers (`In-Reply-To`, `References`), with angle brackets: a reply, if one is ours. */
  answers: string[];
  /** Addresses that it names as mailing lists, in lower case. */
  lists: string[];
}

/** A thread that grows beyond this names the message at hand near its end. */
const MAX_ANSWERED = 50;

/** Types of RFC 6522, RFC 3464, RFC 8098, RFC 5965 and RFC 6533. */
const REPORT_TYPE =
  /^(?:multipart\/report|message\/(?:global-)?(?:delivery-status|disposition-notification|headers)|message\/feedback-report|text\/rfc822-headers)$/;

/**
 * Sorts a message by its header. It lets too much pass rather than too little: `parseReport` decides.
 * @param partTypes content types of the message's parts, where they are known
 */
export function firstLook(header: Uint8Array, partTypes: readonly string[] = []): FirstLook {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.length);
  const { fields } = readHeader(bytes, 0, bytes.length);
  return {
    mayBeReport: isReportByType(fields, partTypes) || isReportByField(fields),
    from: addressOf(fields.first('from')),
    messageId: readMessageId(fields.first('message-id')),
    date: fields.first('date'),
    answers: answersOf(fields),
    lists: listAddresses((name) => fields.all(name)),
  };
}

function isReportByType(fields: HeaderFields, partTypes: readonly string[]): boolean {
  const own = parseParameters(fields.first('content-type') ?? '').value;
  return [own, ...partTypes].some((type) => REPORT_TYPE.test(type.toLowerCase()));
}

function isReportByField(fields: HeaderFields): boolean {
  return (
    hasNullSender(fields) ||
    isDaemon(fields.first('from') ?? '') ||
    isByMachine(fields) ||
    isAutoReply(fields) ||
    hasBounceSubject(fields) ||
    hasReceiptSubject(fields) ||
    isProvidersNotice(fields) ||
    fields.has('x-failed-recipients') ||
    fields.has('x-apple-unsubscribe')
  );
}

/** Complaints without a type of their own, and Amazon's notifications. */
function isProvidersNotice(fields: HeaderFields): boolean {
  return (
    fields.has('x-spamcop-sourceip') ||
    /^(?:feedback|fbl|abuse|complaints?)\b/i.test(addressOf(fields.first('from')) ?? '') ||
    /^\s*(?:complaint about message|aws notification message|amazon ses\b)/i.test(
      fields.first('subject') ?? '',
    )
  );
}

function answersOf(fields: HeaderFields): string[] {
  const text = [...fields.all('references'), ...fields.all('in-reply-to')].join(' ').slice(-64_000);
  const ids = text.match(/<[^<>\s]{1,900}>/g) ?? [];
  const bare = readMessageId(fields.first('in-reply-to'));
  return [...new Set(bare === undefined ? ids : [...ids, bare])].slice(-MAX_ANSWERED);
}
