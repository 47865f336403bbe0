import type { Clock } from '../kernel/clock.ts';
import { inSlices } from '../kernel/slices.ts';

const DAY_MS = 86_400_000;

/** Port: forgets what is old. Each deletes the oldest first and says how many there were, at most `limit`. */
export interface ReportPurgeStore {
  /** What is remembered of reports; what they said is on the timelines and stays. */
  deleteReports(receivedBefore: number, limit: number): Promise<number>;
  /** Whom a return path's mail is for; mail to it is refused from then on. */
  deleteReturnPaths(madeBefore: number, limit: number): Promise<number>;
}

/** Keeps the reports' tables from growing for ever. Run it every hour or so. */
export class ReportPurge {
  readonly #store: ReportPurgeStore;
  readonly #days: number;
  readonly #clock: Clock;

  constructor(deps: { store: ReportPurgeStore; days: number; clock: Clock }) {
    this.#store = deps.store;
    this.#days = deps.days;
    this.#clock = deps.clock;
  }

  /** @returns how many rows were deleted */
  async run(): Promise<number> {
    const before = this.#clock() - this.#days * DAY_MS;
    const paths = await inSlices((limit) => this.#store.deleteReturnPaths(before, limit));
    return paths + (await inSlices((limit) => this.#store.deleteReports(before, limit)));
  }
}
