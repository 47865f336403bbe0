import type { Actor, Reason, Verdict, VerdictState } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId } from '../kernel/ids.ts';
import { RULES_VERSION, type Lookup } from '../truth/truth.ts';
import { concludeDelivery, contextsFor, interpretHits } from './interpret.ts';
import type {
  DeliveryRecord,
  StoredEvent,
  TimelineSnapshot,
  TimelineStore,
  TimelineWork,
} from './timeline-store.ts';
import { emptyWork } from './timeline-work.ts';

/** Which judged hits are judged again. */
export type RejudgeScope =
  | { kind: 'older-rules' } /* those that rules before the current ones judged */
  | { kind: 'since-time'; at: number } /* those that came at `at` or later, ms since 1970 */
  | { kind: 'since-rules'; version: number }; /* those that this or a later version of the rules judged */

/** How far an interrupted run came, and what it had changed. */
export interface RejudgeProgress {
  scope: RejudgeScope;
  rulesVersion: number;
  /** Deliveries up to this id are done. */
  after: DeliveryId | '';
  deliveries: number;
  hits: number;
  verdicts: ExplainedChange<VerdictState>[];
  actors: ExplainedChange<Actor>[];
}

interface Change<T> {
  from: T;
  to: T;
  count: number;
}

/** With the main signs for it, by the codes of their reasons. */
interface ExplainedChange<T> extends Change<T> {
  why: { code: string; count: number }[];
}

export interface RejudgeStore extends Pick<TimelineStore, 'transact'> {
  /** Deliveries with judged hits in the scope, by id, those after `after`. */
  judgedDeliveries(scope: RejudgeScope, after: string, limit: number): Promise<DeliveryId[]>;
  countJudgedDeliveries(scope: RejudgeScope, after: string): Promise<number>;
  /** What a transaction kept last of {@link TimelineWork.progress}; undefined when no run was interrupted. */
  progress(): Promise<RejudgeProgress | undefined>;
  endProgress(): Promise<void>;
}

/** Deliveries in one transaction: a server that writes meanwhile waits for as long as one takes. */
const BATCH = 50;

/**
 * Applies the current rules to stored raw hits, as {@link Timeline} does to new ones, except that nobody is notified of
 * what happened long ago. Doing it twice changes nothing the second time. A run that was interrupted goes on where it
 * was when it is called with the same scope.
 */
export async function rejudge(
  { store, lookup, clock }: { store: RejudgeStore; lookup: Lookup; clock: Clock },
  options: {
    scope: RejudgeScope;
    signal: AbortSignal;
    onProgress: (done: number, of: number) => void;
    /** Lets others at the database between two transactions, ms. */
    pause: (ms: number) => Promise<void>;
  },
): Promise<RejudgeProgress & { finished: boolean; resumed: boolean }> {
  const { scope, signal } = options;
  const saved = await store.progress();
  const resumed =
    saved?.rulesVersion === RULES_VERSION && JSON.stringify(saved.scope) === JSON.stringify(scope);
  let progress: RejudgeProgress = resumed ? saved : beginning(scope);
  const total = progress.deliveries + (await store.countJudgedDeliveries(scope, progress.after));
  for (;;) {
    if (signal.aborted) return { ...progress, finished: false, resumed };
    const ids = await store.judgedDeliveries(scope, progress.after, BATCH);
    if (ids.length === 0) break;
    const startedAt = clock();
    let next = progress;
    await store.transact({ deliveryIds: ids, messageIds: [], surroundings: true }, (snapshot) => {
      // Counted from the start again if the transaction is.
      next = {
        ...structuredClone(progress),
        after: ids.at(-1) ?? progress.after,
        deliveries: progress.deliveries + ids.length,
      };
      const work = judgeAgain(snapshot, { lookup, now: clock(), tally: next });
      return { ...work, progress: JSON.stringify(next) };
    });
    progress = next;
    options.onProgress(progress.deliveries, Math.max(total, progress.deliveries));
    await options.pause(Math.max(2, clock() - startedAt));
  }
  await store.endProgress();
  return { ...progress, finished: true, resumed };
}

function beginning(scope: RejudgeScope): RejudgeProgress {
  return { scope, rulesVersion: RULES_VERSION, after: '', deliveries: 0, hits: 0, verdicts: [], actors: [] };
}

function judgeAgain(
  snapshot: TimelineSnapshot,
  { lookup, now, tally }: { lookup: Lookup; now: number; tally: RejudgeProgress },
): TimelineWork {
  const work = emptyWork();
  const contexts = contextsFor(snapshot);
  for (const record of snapshot.deliveries.values()) {
    const context = contexts.of(record);
    const { changed, confirmed } = interpretHits(record, { ...context, lookup, now });
    const { delivery } = concludeDelivery(record, { added: [], changed: [...changed, ...confirmed] }, now);
    work.changedEvents.push(...changed);
    work.confirmedEvents.push(...confirmed);
    // With an event its delivery: whoever has read it knows that it is not like that any more.
    if (changed.length > 0 || JSON.stringify(delivery.verdict) !== JSON.stringify(record.verdict))
      work.deliveries.push(delivery);
    tally.hits += changed.length + confirmed.length;
    count(tally, record, delivery.verdict, changed);
  }
  return work;
}

function count(
  tally: RejudgeProgress,
  record: DeliveryRecord,
  { state, reasons }: Verdict,
  changed: readonly StoredEvent[],
): void {
  // The first reason puts the state into words; the second is what it rests on.
  if (state !== record.verdict.state)
    explain(tally.verdicts, { from: record.verdict.state, to: state }, reasons[1] ?? reasons[0]);
  for (const event of changed) {
    const before = record.events.find(({ id }) => id === event.id);
    const [from, to] = [before?.actor ?? 'unknown', event.actor ?? 'unknown'];
    if (from === to) continue;
    explain(tally.actors, { from, to }, event.reasons?.[0]);
  }
}

/** One more of this change, for this reason. */
function explain<T extends string>(
  list: ExplainedChange<T>[],
  { from, to }: { from: T; to: T },
  reason: Reason | undefined,
): void {
  let change = list.find((known) => known.from === from && known.to === to);
  if (change === undefined) list.push((change = { from, to, count: 0, why: [] }));
  change.count += 1;
  const code = reason?.code ?? 'unknown';
  const why = change.why.find((known) => known.code === code);
  if (why === undefined) change.why.push({ code, count: 1 });
  else why.count += 1;
}
