/** What recipients may know and decide: their page, their objection, and how long addresses are kept. The room's public file. */
import type { Reason } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { PrivacyStore, Recorded } from './privacy-store.ts';

export { recipientPage, PAGE_CSP, type PageKind } from './recipient-page.ts';
export { Retention } from './retention.ts';
export { truncateAddress, truncatePlace } from './truncate.ts';
export type {
  AddressRow,
  PrivacyStore,
  Recorded,
  RecordedDelivery,
  RecordedMessage,
} from './privacy-store.ts';

/** Port: the delivery's timeline takes the objection as an event; the same source counts once. */
export interface ObjectionTimeline {
  recordTransport(fact: {
    deliveryId: DeliveryId;
    at: number;
    type: 'objected';
    reasons: Reason[];
    source: string;
  }): Promise<void>;
}

/** Port: hands the newest deny entries to the edge. Resolves when the edge has them durably, rejects when it cannot be reached. */
export interface DenyPush {
  push(): Promise<void>;
}

/** Port: reads the signed token in a page's address. */
export type VerifyPage = (token: string) => { workspaceId: WorkspaceId; subject: string } | undefined;

/** `inForce`: the edge has acknowledged it. Otherwise it is stored and will reach the edge when that can be reached. */
export type ObjectionOutcome = { recorded: Recorded; inForce: boolean };

export class Privacy {
  readonly #store: PrivacyStore;
  readonly #timeline: ObjectionTimeline;
  readonly #denyPush: DenyPush;
  readonly #verifyPage: VerifyPage;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(deps: {
    store: PrivacyStore;
    timeline: ObjectionTimeline;
    denyPush: DenyPush;
    verifyPage: VerifyPage;
    clock: Clock;
    logger: Logger;
  }) {
    this.#store = deps.store;
    this.#timeline = deps.timeline;
    this.#denyPush = deps.denyPush;
    this.#verifyPage = deps.verifyPage;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /** @returns undefined for a forged token and for a delivery that is not there (any more) */
  async recorded(token: string): Promise<Recorded | undefined> {
    const claims = this.#verifyPage(token);
    if (claims === undefined) return undefined;
    const delivery = await this.#store.recordedDelivery(claims.workspaceId, claims.subject);
    if (delivery !== undefined) return { kind: 'delivery', delivery };
    const message = await this.#store.recordedMessage(claims.workspaceId, claims.subject);
    return message === undefined ? undefined : { kind: 'message', message };
  }

  /**
   * The recipient objects: nothing more is recorded of any mail this workspace sent to the address, and
   * later mails to it carry no pixel. Repeating it is harmless and finishes what a crash interrupted.
   * A token of a whole message names no recipient, so there nothing can be objected to.
   */
  async object(token: string): Promise<ObjectionOutcome | undefined> {
    const recorded = await this.recorded(token);
    if (recorded?.kind !== 'delivery') {
      return recorded === undefined ? undefined : { recorded, inForce: false };
    }
    const claims = this.#verifyPage(token);
    if (claims === undefined) return undefined;
    const { deliveryId, recipient } = recorded.delivery;
    const at = await this.#store.object({
      workspaceId: claims.workspaceId,
      recipient,
      deliveryId,
      at: this.#clock(),
    });
    await this.#timeline.recordTransport({
      deliveryId,
      at,
      type: 'objected',
      reasons: [
        {
          code: 'recipient-objected',
          text: 'The recipient objected to tracking on their page, so nothing more is recorded.',
        },
      ],
      source: `privacy:objection:${deliveryId}`,
    });
    const inForce = await this.#pushToEdge();
    return { recorded: (await this.recorded(token)) ?? recorded, inForce };
  }

  /** Which of these addresses must not be tracked; in lower case. For the moment a mail is accepted. */
  isObjected(workspaceId: WorkspaceId, addresses: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#store.objectedAmong(workspaceId, addresses);
  }

  async #pushToEdge(): Promise<boolean> {
    try {
      await this.#denyPush.push();
      return true;
    } catch (error) {
      this.#logger.error({ err: error }, 'an objection is stored but has not reached the edge yet');
      return false;
    }
  }
}
