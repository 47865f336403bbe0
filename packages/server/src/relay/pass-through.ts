import type { Clock } from '../kernel/clock.ts';
import { newRowId, type WorkspaceId } from '../kernel/ids.ts';
import { distinctRecipients, type Envelope } from './envelope.ts';
import { readMailFacts } from './mail-facts.ts';
import type { QueueStore } from './ports.ts';
import { noWayOut, type WayOut } from './way-out.ts';

/** Mail of others that comes through the filter: queued and sent as it is, without a trace in the messages. */
export class PassThroughMail {
  readonly #queue: Pick<QueueStore, 'enqueueUntracked'>;
  readonly #wayOut: WayOut;
  readonly #expiryMs: number;
  readonly #clock: Clock;
  readonly #onQueued: () => void;

  constructor(deps: {
    queue: Pick<QueueStore, 'enqueueUntracked'>;
    wayOut: WayOut;
    expiryMs: number;
    clock: Clock;
    onQueued: () => void;
  }) {
    this.#queue = deps.queue;
    this.#wayOut = deps.wayOut;
    this.#expiryMs = deps.expiryMs;
    this.#clock = deps.clock;
    this.#onQueued = deps.onQueued;
  }

  /** Resolves when the mail is durable. @throws AppError `misconfigured` without a way out */
  async send(mail: {
    workspaceId: WorkspaceId;
    /** For a caller that may repeat itself: the same id twice is one mail. */
    id?: string;
    raw: Uint8Array;
    envelope: Envelope;
  }): Promise<void> {
    if (this.#wayOut === 'refuse') throw noWayOut();
    const { envelope } = mail;
    const { from, subject } = readMailFacts(mail.raw);
    const now = this.#clock();
    await this.#queue.enqueueUntracked({
      workspaceId: mail.workspaceId,
      id: mail.id ?? newRowId(),
      raw: mail.raw,
      envelopeFrom: envelope.from,
      recipients: distinctRecipients(envelope.recipients).map(({ address, dsn }) => ({
        address,
        options: {
          wayOut: this.#wayOut === 'capture' ? 'capture' : 'smarthost',
          ...(envelope.eightBit === true ? { eightBit: true } : {}),
          ...(envelope.smtpUtf8 === true ? { smtpUtf8: true } : {}),
          dsn: { ...envelope.dsn, ...dsn },
          copy: null,
          foreign: true,
          trackingNumber: null,
          from,
          subject,
        },
      })),
      createdAt: now,
      expiresAt: now + this.#expiryMs,
    });
    this.#onQueued();
  }
}
