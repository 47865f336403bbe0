import { setTimeout as sleep } from 'node:timers/promises';
import { DAY_MS, type Clock } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { AddressRow, PrivacyStore } from './privacy-store.ts';
import { truncateAddress, truncatePlace } from './truncate.ts';

const BATCH = 500;
/** Hits may be processed late, after an outage; so far back each run looks again. */
const OVERLAP_MS = 14 * DAY_MS;

/** Between two transactions: who else writes comes first. */
const PAUSE_MS = 20;

/** Makes addresses of readers coarse and deletes raw hits when the policy's days are over. Run it every hour or so. */
export class Retention {
  readonly #store: PrivacyStore;
  readonly #clock: Clock;
  /** Up to which time a workspace is done, in this process's life; the first run looks at everything. */
  readonly #doneBefore = new Map<WorkspaceId, number>();

  #stopped = false;

  constructor(deps: { store: PrivacyStore; clock: Clock }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
  }

  /** Small transactions, so that nobody waits. @returns how many rows were changed */
  async run(): Promise<number> {
    let changed = 0;
    for (const { workspaceId, days } of await this.#store.workspacesWithRetention()) {
      const before = this.#clock() - days * DAY_MS;
      const from = Math.max(0, (this.#doneBefore.get(workspaceId) ?? 0) - OVERLAP_MS);
      for (const table of ['hits', 'events'] as const) {
        changed += await this.#truncate({ table, workspaceId, from, before, limit: BATCH });
      }
      this.#doneBefore.set(workspaceId, before);
    }
    return changed + (await this.#deleteHits());
  }

  /** What the hits were judged as stays on the timelines; they cannot be judged again. */
  async #deleteHits(): Promise<number> {
    let deleted = 0;
    for (const { workspaceId, days } of await this.#store.workspacesWithHitRetention()) {
      const before = this.#clock() - days * DAY_MS;
      for (let slice = BATCH; slice === BATCH && !this.#stopped; deleted += slice) {
        slice = await this.#store.deleteHits({ workspaceId, before, limit: BATCH });
        await sleep(PAUSE_MS);
      }
    }
    return deleted;
  }

  /** Ends after the transaction under way. */
  stop(): void {
    this.#stopped = true;
  }

  async #truncate(range: Parameters<PrivacyStore['fineAddresses']>[0]): Promise<number> {
    let changed = 0;
    for (;;) {
      const rows = await this.#store.fineAddresses(range);
      const coarse = rows.map(coarseRow);
      await this.#store.writeAddresses(coarse);
      changed += rows.length;
      // A row that stays as it was would come back for ever.
      const isStuck = rows.every(
        (row, index) => row.ip === coarse[index]?.ip && row.place === coarse[index]?.place,
      );
      if (rows.length < range.limit || isStuck || this.#stopped) return changed;
      await sleep(PAUSE_MS);
    }
  }
}

function coarseRow(row: AddressRow): AddressRow {
  return {
    ...row,
    ip: truncateAddress(row.ip),
    place:
      row.place === null
        ? null
        : JSON.stringify(truncatePlace(JSON.parse(row.place) as Parameters<typeof truncatePlace>[0])),
  };
}
