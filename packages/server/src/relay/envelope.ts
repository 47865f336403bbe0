import type { Disclosure } from '@waybill/sdk';
import type { TokenMode } from '../tracking/tracking.ts';
import type { PlainText, SpamCare } from './instrument/instrument.ts';

/** Delivery status notifications that the sender asked for (RFC 3461), decoded from xtext. */
export interface DsnRequest {
  ret?: 'FULL' | 'HDRS';
  envid?: string;
  notify?: string[];
  /** `rfc822;address` */
  orcpt?: string;
}

/** What a copy is made with, fixed at acceptance, so that every attempt makes the same bytes. */
export interface CopyPlan {
  pixelUrl: string;
  mode: TokenMode;
  /** Of the token: delivery id, or message id in mode `aggregate`. */
  subject: string;
  disclosure: Disclosure;
  /** Of the link that nobody can see; none when it is not given. */
  trapUrl?: string;
  /** What is done if the mail has no HTML; nothing when it is not given. */
  plainText?: PlainText;
  /** What gives way for the sake of spam filters; links when it is not given. */
  spamCare?: SpamCare;
}

/** What goes with a queued copy beside its addresses; JSON in the queue. */
export interface EnvelopeOptions {
  /** Decided at acceptance: what was accepted for the demo inbox is never sent later. */
  wayOut: 'smarthost' | 'capture';
  /** BODY=8BITMIME (RFC 6152) */
  eightBit?: true;
  /** RFC 6531 */
  smtpUtf8?: true;
  dsn?: DsnRequest;
  /** What the sender asked for, where Waybill asks the next server for more. */
  asked?: DsnRequest;
  /** The sender as they gave it, where the envelope has a return path of ours. */
  sender?: string;
  /** Bare address of the `Disposition-Notification-To` that this copy gets (RFC 8098 §2.1). */
  receiptTo?: string;
  /** Null: this copy is the submitted mail, byte for byte. */
  copy: CopyPlan | null;
  /** Somebody else's mail that passes through the content filter. */
  foreign?: true;
  /** For the demo inbox. */
  trackingNumber: string | null;
  from: string;
  subject: string;
}

export interface EnvelopeRecipient {
  address: string;
  dsn?: Pick<DsnRequest, 'notify' | 'orcpt'>;
}

/** A submission's envelope as the sender gave it. */
export interface Envelope {
  /** Empty for bounces and receipts. */
  from: string;
  recipients: readonly EnvelopeRecipient[];
  eightBit?: boolean;
  smtpUtf8?: boolean;
  dsn?: Pick<DsnRequest, 'ret' | 'envid'>;
}

/** Local part as it is, domain in lower case. */
export function normalAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at === -1 ? address : address.slice(0, at) + address.slice(at).toLowerCase();
}

/** Each mailbox once, the first mention counts. Differences in case are not two mailboxes anywhere that matters. */
export function distinctRecipients(recipients: readonly EnvelopeRecipient[]): EnvelopeRecipient[] {
  const seen = new Map<string, EnvelopeRecipient>();
  for (const recipient of recipients) {
    const address = normalAddress(recipient.address);
    if (!seen.has(address.toLowerCase())) seen.set(address.toLowerCase(), { ...recipient, address });
  }
  return [...seen.values()];
}
