import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes, WorkspaceId } from '../kernel/ids.ts';
import { bareAddress, composeMail } from './compose.ts';
import { newMessageIdHeader } from './new-message-id.ts';
import type { QueueStore } from './ports.ts';
import { noWayOut, type WayOut } from './way-out.ts';

/** Waybill's own mail: notifications. It goes the way of all mail, but is never tracked. */
export class OwnMail {
  readonly #queue: Pick<QueueStore, 'enqueueUntracked'>;
  readonly #from: string;
  readonly #wayOut: WayOut;
  readonly #expiryMs: number;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #onQueued: () => void;

  constructor(deps: {
    queue: Pick<QueueStore, 'enqueueUntracked'>;
    /** Mailbox, e.g. `Waybill <waybill@example.org>`. */
    from: string;
    wayOut: WayOut;
    expiryMs: number;
    clock: Clock;
    random: RandomBytes;
    onQueued: () => void;
  }) {
    this.#queue = deps.queue;
    this.#from = deps.from;
    this.#wayOut = deps.wayOut;
    this.#expiryMs = deps.expiryMs;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#onQueued = deps.onQueued;
  }

  /**
   * Resolves when the mail is durable. The same key twice is one mail.
   * @throws AppError `invalid-input` for an address that cannot be sent to, `misconfigured` without a way out
   */
  async send(mail: {
    workspaceId: WorkspaceId;
    to: string;
    subject: string;
    text: string;
    html?: string;
    idempotencyKey: string;
  }): Promise<void> {
    if (this.#wayOut === 'refuse') throw noWayOut();
    const now = this.#clock();
    const from = bareAddress(this.#from, 'from');
    const raw = await composeMail(
      {
        from: this.#from,
        to: [mail.to],
        subject: mail.subject,
        text: mail.text,
        ...(mail.html === undefined ? {} : { html: mail.html }),
        // RFC 3834 §5: no vacation notice, no receipt, no answer by a machine.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        send: true,
      },
      { messageIdHeader: newMessageIdHeader(from, this.#random), date: now },
    );
    await this.#queue.enqueueUntracked({
      workspaceId: mail.workspaceId,
      id: createHash('sha256').update(`${mail.workspaceId}:${mail.idempotencyKey}`).digest('hex'),
      raw,
      envelopeFrom: from,
      recipients: [
        {
          address: bareAddress(mail.to, 'to'),
          options: {
            wayOut: this.#wayOut === 'capture' ? 'capture' : 'smarthost',
            copy: null,
            trackingNumber: null,
            from: this.#from,
            subject: mail.subject,
          },
        },
      ],
      createdAt: now,
      expiresAt: now + this.#expiryMs,
    });
    this.#onQueued();
  }
}
