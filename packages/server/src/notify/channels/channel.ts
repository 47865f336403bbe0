import type { ChannelConfig } from '@waybill/sdk';
import type { WorkspaceId } from '../../kernel/ids.ts';
import type { Notification } from '../notification.ts';
import type { Wording } from '../words.ts';

export type ChannelKind = ChannelConfig['kind'];
export type ConfigOf<K extends ChannelKind> = Extract<ChannelConfig, { kind: K }>;

/** A notification ready to be sent. */
export interface Outgoing {
  notification: Notification;
  words: Wording;
  /** The page to look at: the delivery's, or the dashboard itself. */
  url: string;
}

export interface SendOptions {
  /** The same at every attempt, different for every notification; letters, digits, `_` and `-`. */
  idempotencyKey: string;
  signal: AbortSignal;
}

/** `detail` is one sentence for the user and holds no secrets. */
export type SendResult =
  { ok: true; detail: string } | { ok: false; permanent: boolean; detail: string; retryAfterMs?: number };

/** One kind of channel. `send` does not throw for what the other side does. */
export interface ChannelSender<K extends ChannelKind> {
  readonly kind: K;
  send(config: ConfigOf<K>, outgoing: Outgoing, options: SendOptions): Promise<SendResult>;
}

/** Every kind has a sender; the compiler sees to it. */
export type Senders = { readonly [K in ChannelKind]: ChannelSender<K> };

/** The relay's way out for Waybill's own mail. */
export interface OwnMail {
  /**
   * Resolves when the mail is durable in the queue. The same key twice is one mail.
   * @throws AppError `invalid-input` when the mail can never be sent
   */
  send(mail: {
    workspaceId: WorkspaceId;
    to: string;
    subject: string;
    text: string;
    idempotencyKey: string;
  }): Promise<void>;
}
