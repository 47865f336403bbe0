import type { NoticeFact } from './delivery-notice.ts';
import type { DsnRequest } from './envelope.ts';
import type { Attempt } from './pipeline.ts';
import type { ClaimedMail, Outcome } from './ports.ts';

/** When a sender who asked for it hears that the mail is late (RFC 3461 §4.1 leaves the time to us). */
const LATE_AFTER_MS = 4 * 3_600_000;

/**
 * What the sender is to be told of an attempt (RFC 3461 §4.1, §5.2): a failure unless they said otherwise, a delay and
 * a handing on when they asked for it. Nobody is told of mail without a sender, of captured mail, or of Waybill's own.
 * @param expiryMs how long mails are tried
 */
export function noticeOf(
  mail: Pick<ClaimedMail, 'deliveryId' | 'envelopeFrom' | 'options' | 'expiresAt'>,
  attempt: Attempt,
  outcome: Outcome,
  { at, expiryMs }: { at: number; expiryMs: number },
): NoticeFact | undefined {
  const { options, deliveryId } = mail;
  const isOwn = deliveryId === null && options.foreign !== true;
  if (isOwn || attempt.kind === 'captured' || senderOf(mail) === '') return undefined;
  const notify = askedOf(options).notify?.map((word) => word.toUpperCase());
  const wants = (word: string, unasked: boolean): boolean => notify?.includes(word) ?? unasked;
  if (attempt.kind === 'relayed') {
    // Where the next server knows of confirmations, they are its business (RFC 3461 §5.2.2).
    if (attempt.confirms !== false || !wants('SUCCESS', false)) return undefined;
    return { action: 'relayed', at, status: '2.0.0', reply: attempt.reply, reason: '' };
  }
  const reason = outcome.fact?.reasons.map(({ text }) => text).join(' ') ?? outcome.error ?? '';
  const reply = attempt.kind === 'waiting' || isOurWord(attempt) ? {} : { reply: attempt.reply };
  if (outcome.retryAt === undefined) {
    if (!wants('FAILURE', true)) return undefined;
    const ours = attempt.kind === 'rejected' ? attempt.status : undefined;
    const expired = ours ?? (attempt.kind === 'rejected' ? '5.0.0' : '4.4.7');
    return { action: 'failed', at, status: statusIn(reply.reply, '5') ?? expired, ...reply, reason };
  }
  if (!wants('DELAY', false) || at < mail.expiresAt - expiryMs + LATE_AFTER_MS) return undefined;
  return { action: 'delayed', at, status: statusIn(reply.reply, '4') ?? '4.4.0', ...reply, reason };
}

/** Whom a notice goes to: the sender themselves, not a return path of ours. Empty for bounces and receipts. */
export function senderOf({ envelopeFrom, options }: Pick<ClaimedMail, 'envelopeFrom' | 'options'>): string {
  return options.sender ?? envelopeFrom;
}

/** What the sender asked for, before Waybill asked for more. */
export function askedOf({ asked, dsn }: ClaimedMail['options']): DsnRequest {
  return asked ?? dsn ?? {};
}

/** The words of our own network code are no reply of a server. */
function isOurWord(attempt: Exclude<Attempt, { kind: 'captured' | 'waiting' | 'relayed' }>): boolean {
  return !/^[245]\d\d[ -]/.test(attempt.reply);
}

/** The enhanced code in a server's reply (RFC 3463), when it is of the class that the outcome is of. */
function statusIn(reply: string | undefined, level: '4' | '5'): string | undefined {
  const status = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(reply ?? '')?.[1];
  return status?.startsWith(level) === true ? status : undefined;
}
