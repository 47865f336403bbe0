import type { QueuedCopy, QueuedCopyDetail, QueueState, QueueSummary } from '@waybill/sdk';
import { sql, type Kysely, type Selectable, type SqlBool } from 'kysely';
import { toIso } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import {
  droppedOutcome,
  headerFields,
  type EnvelopeOptions,
  type NoticedCopies,
  type NoticedCopy,
  type QueueAdminStore,
  type QueueFilter,
  type QueueQuery,
} from '../relay/relay.ts';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';
import { contains } from './text-search.ts';

type Row = Selectable<Database['queue']>;

/** The states of the wire in terms of the table: a copy that failed is done and says why. */
const CONDITIONS: Record<QueueState, ReturnType<typeof sql<SqlBool>>> = {
  waiting: sql<SqlBool>`queue.state = 'ready'`,
  sending: sql<SqlBool>`queue.state = 'sending'`,
  settled: sql<SqlBool>`queue.state = 'settled'`,
  failed: sql<SqlBool>`(queue.state = 'done' and queue.last_error is not null)`,
};
const LISTED = sql<SqlBool>`(${sql.join(Object.values(CONDITIONS), sql` or `)})`;
/** Groups in a summary; behind them comes one for the others. */
const MOST_GROUPS = 20;

/** The queue as its operator sees it, on either engine. */
export class KyselyQueueAdminStore implements QueueAdminStore, NoticedCopies {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async list(
    workspaceId: WorkspaceId,
    query: QueueQuery,
  ): Promise<{ items: QueuedCopy[]; next?: { at: number; key: string } }> {
    const { after, limit } = query;
    let select = this.#matching(workspaceId, query)
      .selectAll('queue')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (after !== undefined) {
      select = select.where((eb) =>
        eb.or([
          eb('created_at', '<', after.at),
          eb.and([eb('created_at', '=', after.at), eb('id', '<', after.key)]),
        ]),
      );
    }
    const rows = await select.execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map(toCopy),
      ...(rows.length > limit && last !== undefined ? { next: { at: last.created_at, key: last.id } } : {}),
    };
  }

  async summary(workspaceId: WorkspaceId): Promise<Omit<QueueSummary, 'smarthost'>> {
    const states = await this.#matching(workspaceId, {})
      .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute();
    const waiting = this.#matching(workspaceId, { state: 'waiting' });
    const destinations = await waiting
      .select((eb) => [
        'destination',
        eb.fn.countAll<number>().as('count'),
        eb.fn.min('created_at').as('oldest'),
      ])
      .groupBy('destination')
      .orderBy('count', 'desc')
      .orderBy('destination')
      .limit(MOST_GROUPS)
      .execute();
    const reasons = await waiting
      .where('last_error', 'is not', null)
      .select((eb) => ['last_error', eb.fn.countAll<number>().as('count')])
      .groupBy('last_error')
      .orderBy('count', 'desc')
      .orderBy('last_error')
      .limit(MOST_GROUPS)
      .execute();
    const count = (state: string): number => states.find((row) => row.state === state)?.count ?? 0;
    return {
      waiting: count('ready'),
      sending: count('sending'),
      settled: count('settled'),
      failed: count('done'),
      byDestination: destinations.map((row) => ({
        destination: row.destination,
        waiting: row.count,
        oldest: toIso(row.oldest),
      })),
      byReason: reasons.map((row) => ({ reason: row.last_error ?? '', waiting: row.count })),
    };
  }

  async read(workspaceId: WorkspaceId, id: string): Promise<QueuedCopyDetail | undefined> {
    const { db } = this.#engine;
    const row = await this.#matching(workspaceId, {})
      .selectAll('queue')
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const content = await db
      .selectFrom('contents')
      .select('raw')
      .where('id', '=', row.content_id)
      .executeTakeFirst();
    const { wayOut, eightBit, smtpUtf8, dsn } = readOptions(row);
    return {
      ...toCopy(row),
      wayOut,
      eightBit: eightBit === true,
      smtpUtf8: smtpUtf8 === true,
      dsn: dsn ?? {},
      header: content === undefined ? [] : headerFields(content.raw),
    };
  }

  async retry(workspaceId: WorkspaceId, which: { id: string } | QueueFilter, now: number): Promise<number> {
    let update = this.#engine.db
      .updateTable('queue')
      .set({ next_attempt_at: now })
      .where('workspace_id', '=', workspaceId)
      .where(CONDITIONS.waiting);
    if ('id' in which) update = update.where('id', '=', which.id);
    else if (which.to !== undefined)
      update = update.where((eb) => contains(eb.ref('envelope_to'), which.to ?? ''));
    return Number((await update.executeTakeFirst()).numUpdatedRows);
  }

  async drop(
    workspaceId: WorkspaceId,
    id: string,
    { at, notify }: { at: number; notify: boolean },
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#engine.db
      .updateTable('queue')
      // An attempt of its own: the timeline may know of the last one already.
      .set((eb) => ({
        state: 'settled',
        attempts: eb('attempts', '+', 1),
        outcome: JSON.stringify(droppedOutcome(at, notify)),
      }))
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .where(CONDITIONS.waiting)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async noticedCopy(queueId: string): Promise<NoticedCopy | undefined> {
    const row = await this.#engine.db
      .selectFrom('queue')
      .innerJoin('contents', 'contents.id', 'queue.content_id')
      .selectAll('queue')
      .select('contents.raw')
      .where('queue.id', '=', queueId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      workspaceId: row.workspace_id as WorkspaceId,
      envelopeFrom: row.envelope_from,
      envelopeTo: row.envelope_to,
      options: readOptions(row),
      raw: row.raw,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    };
  }

  #matching(workspaceId: WorkspaceId, { state, to }: QueueFilter) {
    const db: Kysely<Database> = this.#engine.db;
    let select = db
      .selectFrom('queue')
      .where('workspace_id', '=', workspaceId)
      .where(state === undefined ? LISTED : CONDITIONS[state]);
    if (to !== undefined) select = select.where((eb) => contains(eb.ref('envelope_to'), to));
    return select;
  }
}

const STATES: Record<string, QueueState> = { ready: 'waiting', sending: 'sending', settled: 'settled' };

function toCopy(row: Row): QueuedCopy {
  const state = STATES[row.state] ?? 'failed';
  const { from, subject, trackingNumber } = readOptions(row);
  return {
    id: row.id,
    state,
    sender: row.envelope_from,
    recipient: row.envelope_to,
    destination: row.destination,
    from,
    subject,
    trackingNumber,
    messageId: row.message_id,
    sizeBytes: row.size_bytes,
    attempts: row.attempts,
    acceptedAt: toIso(row.created_at),
    nextAttemptAt: state === 'waiting' ? toIso(row.next_attempt_at) : null,
    expiresAt: toIso(row.expires_at),
    finishedAt: row.finished_at === null ? null : toIso(row.finished_at),
    lastError: row.last_error,
  };
}

function readOptions({ envelope_options: json }: Pick<Row, 'envelope_options'>): EnvelopeOptions {
  return JSON.parse(json) as EnvelopeOptions;
}
