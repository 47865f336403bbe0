import type { QueuedCopy, QueuedCopyDetail, QueueSummary, QueueState, SmarthostState } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';

/** Which copies are meant; an absent field means all. */
export interface QueueFilter {
  state?: QueueState;
  /** In the recipient's address, in any case. */
  to?: string;
}

export interface QueueQuery extends QueueFilter {
  after?: { at: number; key: string };
  limit: number;
}

/** Port: the queue as its operator sees it. Every answer is of one workspace only. */
export interface QueueAdminStore {
  /** Newest first: what waits, what is on its way, and what failed and is not purged yet. */
  list(
    workspaceId: WorkspaceId,
    query: QueueQuery,
  ): Promise<{ items: QueuedCopy[]; next?: { at: number; key: string } }>;
  summary(workspaceId: WorkspaceId): Promise<Omit<QueueSummary, 'smarthost'>>;
  /** @returns undefined for a copy that is not in this workspace's queue */
  read(workspaceId: WorkspaceId, id: string): Promise<QueuedCopyDetail | undefined>;
  /** Waiting copies are due at once. @returns how many there were */
  retry(workspaceId: WorkspaceId, which: { id: string } | QueueFilter, now: number): Promise<number>;
  /** Ends a waiting copy as failed; its outcome is told to the timeline later. @returns whether it was waiting */
  drop(workspaceId: WorkspaceId, id: string, options: { at: number; notify: boolean }): Promise<boolean>;
}

/** The queue that sends, as far as its operator interferes with it. */
export interface OperatedQueue {
  /** There may be something due, and the smarthost may be back. */
  tryNow(): void;
  /** There may be outcomes that others wrote down. */
  tellOutcomes(): void;
}

/** What an operator may see of the queue, and do to it. */
export class QueueAdmin {
  readonly #store: QueueAdminStore;
  readonly #queue: OperatedQueue;
  readonly #smarthost: () => SmarthostState | null;
  readonly #clock: Clock;

  constructor(deps: {
    store: QueueAdminStore;
    queue: OperatedQueue;
    smarthost: () => SmarthostState | null;
    clock: Clock;
  }) {
    this.#store = deps.store;
    this.#queue = deps.queue;
    this.#smarthost = deps.smarthost;
    this.#clock = deps.clock;
  }

  list(workspaceId: WorkspaceId, query: QueueQuery): ReturnType<QueueAdminStore['list']> {
    return this.#store.list(workspaceId, query);
  }

  async summary(workspaceId: WorkspaceId): Promise<QueueSummary> {
    return { ...(await this.#store.summary(workspaceId)), smarthost: this.#smarthost() };
  }

  /** @throws AppError `not-found` */
  async read(workspaceId: WorkspaceId, id: string): Promise<QueuedCopyDetail> {
    return (await this.#store.read(workspaceId, id)) ?? missing();
  }

  /** Tries one copy at once. @throws AppError `not-found`, `conflict` when it does not wait */
  async retry(workspaceId: WorkspaceId, id: string): Promise<void> {
    const count = await this.#store.retry(workspaceId, { id }, this.#clock());
    if (count === 0) throw await this.#notWaiting(workspaceId, id);
    this.#queue.tryNow();
  }

  /** Tries all copies that wait at once. @returns how many */
  async retryAll(workspaceId: WorkspaceId, filter: Pick<QueueFilter, 'to'>): Promise<number> {
    const count = await this.#store.retry(workspaceId, filter, this.#clock());
    this.#queue.tryNow();
    return count;
  }

  /**
   * Takes a copy out of the queue; its delivery's timeline says so.
   * @param options.notify whether its sender is told by mail
   * @throws AppError `not-found`, `conflict` when it does not wait
   */
  async drop(workspaceId: WorkspaceId, id: string, options: { notify: boolean }): Promise<void> {
    const isDropped = await this.#store.drop(workspaceId, id, { at: this.#clock(), ...options });
    if (!isDropped) throw await this.#notWaiting(workspaceId, id);
    this.#queue.tellOutcomes();
  }

  async #notWaiting(workspaceId: WorkspaceId, id: string): Promise<AppError> {
    const { state } = await this.read(workspaceId, id);
    const text =
      state === 'failed'
        ? 'This copy has failed and is not in the queue any more.'
        : 'This copy is on its way just now.';
    return new AppError('conflict', `${text} Look again with "waybill queue list".`);
  }
}

function missing(): never {
  throw new AppError('not-found', 'There is no such copy in the queue.');
}
