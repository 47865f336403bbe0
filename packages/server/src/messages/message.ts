import type { Mode, Reason } from '@waybill/sdk';
import type { DeliveryId, MessageId, TrackingNumber, WorkspaceId } from '../kernel/ids.ts';

/** How far the mail itself came, whoever read it. */
export type TransportState = 'queued' | 'captured' | 'sent' | 'delivered' | 'failed' | 'bounced';

export interface MailDelivery {
  id: DeliveryId;
  trackingNumber: TrackingNumber;
  /** Bare address, domain in lower case. */
  recipient: string;
  /** Null when this copy carries no pixel. */
  pixelUrl: string | null;
  /** Why this copy stays byte-identical; null when it is instrumented. */
  untouched: Reason | null;
}

export interface TrackedLink {
  /** 1-based, as in the token. */
  index: number;
  url: string;
}

/** One copy on its way out. */
export interface QueueEntry {
  id: string;
  /** Null for Waybill's own mail, which is never tracked. */
  deliveryId: DeliveryId | null;
  contentId: string;
  envelopeFrom: string;
  envelopeTo: string;
  /** JSON: RFC 3461 parameters, BODY and SMTPUTF8 of the submission. */
  envelopeOptions: string;
  expiresAt: number;
  /** It is sent at once: its first attempt has begun when it becomes durable. */
  claimed?: boolean;
}

/** What Waybill put in the place of a copy's envelope, where it did. */
export interface ReturnPathEntry {
  deliveryId: DeliveryId;
  /** Whom bounces are for. */
  envelopeFrom: string;
  /** The sender's own ENVID (RFC 3461 §4.4). */
  envelopeId: string | null;
  /** The sender's own NOTIFY, comma-separated (RFC 3461 §4.1). */
  notify: string | null;
}

/** Everything that becomes durable together when a mail is accepted. */
/** What is kept of links that stay as they are in a mail that is tracked otherwise. */
export interface LinksLeft {
  /** Code of a reason, and how many stay for it, in the order of the mail. */
  counts: [code: string, count: number][];
  /** The first ones in order: code and address, which may be cut. */
  first: [code: string, url: string][];
}

export interface NewMail {
  messageId: MessageId;
  workspaceId: WorkspaceId;
  /** RFC 5322 mailboxes as the author wrote them. */
  from: string;
  to: string[];
  cc: string[];
  subject: string;
  /** With angle brackets. */
  messageIdHeader: string | null;
  mode: Mode;
  source: 'submission' | 'filter' | 'api' | 'snippet';
  sizeBytes: number;
  createdAt: number;
  /** Null until the mail is out; hits before that are the sender's own. */
  sentAt: number | null;
  deliveries: MailDelivery[];
  links: TrackedLink[];
  /** Absent when all are tracked, or none. */
  linksLeft?: LinksLeft;
  /** The submitted bytes, stored once for all copies. */
  content?: { id: string; raw: Uint8Array };
  queue?: QueueEntry[];
  /** The mail as its author wrote it, for the author's own mailbox. */
  sentCopy?: { id: string; accountId: string; messageIdHeader: string; raw: Uint8Array; dueAt: number };
  returnPaths?: ReturnPathEntry[];
  /** Addresses that the mail itself names as mailing lists, in lower case. */
  lists?: string[];
}

/** A mail that its author sends. */
export interface HandedOver {
  mode: Mode;
  copies: Omit<MailDelivery, 'pixelUrl'>[];
}

export interface MessageStore {
  /**
   * One durable transaction, with an `accepted` event for each delivery. After it, nothing of the mail can be lost.
   * @throws AppError `conflict` when a message of this id exists; nothing is changed then
   */
  accept(mail: NewMail): Promise<void>;
  /**
   * The copies of a mail that was instrumented with `send: false`, so that their HTML can be made again.
   * @returns undefined when the workspace has no such message
   */
  handedOver(workspaceId: WorkspaceId, messageId: MessageId): Promise<HandedOver | undefined>;
  /**
   * Notes that a mail instrumented with `send: false` is out now.
   * @returns the time that counts (the first call's), or undefined when the workspace has no such message
   * @throws AppError `conflict` for a message that Waybill sends itself
   */
  markSent(workspaceId: WorkspaceId, messageId: MessageId, at: number): Promise<number | undefined>;
}
