import type { WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { composeNotice, type NoticeFact } from './delivery-notice.ts';
import type { EnvelopeOptions } from './envelope.ts';
import { askedOf, senderOf } from './notice-decision.ts';
import type { QueueStore, SettledMail } from './ports.ts';

/** A copy in the queue whose sender is to be told something. */
export interface NoticedCopy {
  workspaceId: WorkspaceId;
  envelopeFrom: string;
  envelopeTo: string;
  options: EnvelopeOptions;
  raw: Uint8Array;
  createdAt: number;
  expiresAt: number;
}

/** Port: reads a copy whose outcome is settled; undefined when it is gone. */
export interface NoticedCopies {
  noticedCopy(queueId: string): Promise<NoticedCopy | undefined>;
}

/**
 * Tells senders what became of their mail. A notice is queued between the writing down of an outcome and the end of
 * the copy it is about, under an id made from both: a crash anywhere in between makes the same notice again, once.
 */
export class NoticeSender {
  readonly #copies: NoticedCopies;
  readonly #queue: Pick<QueueStore, 'enqueueUntracked'>;
  readonly #from: { mailbox: string; host: string; remoteHost?: string };
  readonly #expiryMs: number;
  readonly #logger: Logger;

  constructor(deps: {
    copies: NoticedCopies;
    queue: Pick<QueueStore, 'enqueueUntracked'>;
    from: { mailbox: string; host: string; remoteHost?: string };
    expiryMs: number;
    logger: Logger;
  }) {
    this.#copies = deps.copies;
    this.#queue = deps.queue;
    this.#from = deps.from;
    this.#expiryMs = deps.expiryMs;
    this.#logger = deps.logger;
  }

  /** Resolves when the notices are durable. @returns whether there were any. @throws what the store throws */
  async send(mails: readonly Pick<SettledMail, 'id' | 'outcome'>[]): Promise<boolean> {
    let sent = false;
    for (const { id, outcome } of mails) {
      if (outcome.notice === undefined) continue;
      const copy = await this.#copies.noticedCopy(id);
      if (copy === undefined) continue;
      const raw = this.#compose(id, outcome.notice, copy);
      if (raw === undefined) continue;
      await this.#enqueue(id, outcome.notice, copy, raw);
      sent = true;
    }
    return sent;
  }

  #compose(queueId: string, fact: NoticeFact, copy: NoticedCopy): Uint8Array | undefined {
    const { options, envelopeTo, raw, createdAt, expiresAt } = copy;
    const subject = {
      key: queueId,
      sender: senderOf(copy),
      recipient: envelopeTo,
      asked: askedOf(options),
      raw,
      subject: options.subject,
      acceptedAt: createdAt,
      expiresAt,
    };
    try {
      return composeNotice(fact, subject, this.#from);
    } catch (err) {
      // One notice that our own code cannot write must not hold up the outcomes of others.
      this.#logger.error({ err, queueId }, 'a notice to a sender could not be written');
      return undefined;
    }
  }

  async #enqueue(queueId: string, fact: NoticeFact, copy: NoticedCopy, raw: Uint8Array): Promise<void> {
    await this.#queue.enqueueUntracked({
      workspaceId: copy.workspaceId,
      id: `notice:${queueId}:${fact.action}`,
      raw,
      // Nothing comes back about a notice (RFC 3464 §2).
      envelopeFrom: '',
      recipients: [
        {
          address: senderOf(copy),
          options: {
            wayOut: 'smarthost',
            ...(copy.options.smtpUtf8 === true ? { smtpUtf8: true } : {}),
            copy: null,
            trackingNumber: null,
            from: this.#from.mailbox,
            subject: '',
          },
        },
      ],
      createdAt: fact.at,
      expiresAt: fact.at + this.#expiryMs,
    });
    this.#logger.info({ queueId, action: fact.action }, 'the sender is told what became of a mail');
  }
}
