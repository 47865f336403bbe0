import type { Overview, VerdictState } from '@waybill/sdk';
import { sql, type Kysely } from 'kysely';
import { DAY_MS } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { readInterval } from '../truth/truth.ts';
import type { Database } from './schema.ts';
import { countActors } from './wire-rows.ts';

/** Counts of the last `days` days in UTC, today included; days without a hit are there with zeros. */
export async function overview(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  days: number,
  now: number,
): Promise<Overview> {
  const firstDay = Math.floor(now / DAY_MS) - days + 1;
  const since = firstDay * DAY_MS;
  const messages = await db
    .selectFrom('messages')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('created_at', '>=', since)
    .executeTakeFirstOrThrow();
  const states = await db
    .selectFrom('deliveries')
    .innerJoin('messages', 'messages.id', 'deliveries.message_id')
    .select(({ fn }) => ['verdict_state', 'verdict_confidence', fn.countAll<number>().as('count')])
    .select(sql<number>`case when untouched_code is null then 0 else 1 end`.as('untouched'))
    .where('messages.workspace_id', '=', workspaceId)
    .where('messages.created_at', '>=', since)
    .groupBy(['verdict_state', 'verdict_confidence', 'untouched'])
    .execute();
  const hits = await hitsByDay(db, workspaceId, since);
  return {
    sinceDays: days,
    messages: messages.count,
    deliveries: states.reduce((sum, { count }) => sum + count, 0),
    states: counted(states),
    read: readInterval(
      states.map((row) => ({
        state: row.verdict_state as VerdictState,
        confidence: row.verdict_confidence,
        untouched: row.untouched === 1,
        count: row.count,
      })),
    ),
    days: Array.from({ length: days }, (_, index) => ({
      day: new Date((firstDay + index) * DAY_MS).toISOString().slice(0, 10),
      ...countActors(hits.filter(({ day }) => day === firstDay + index)),
    })),
  };
}

function counted(rows: readonly { verdict_state: string; count: number }[]): Overview['states'] {
  const states: Overview['states'] = {};
  for (const { verdict_state: state, count } of rows)
    states[state as VerdictState] = (states[state as VerdictState] ?? 0) + count;
  return states;
}

function hitsByDay(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  since: number,
): Promise<{ day: number; actor: string | null; count: number }[]> {
  // Both are integers, so both engines divide without a remainder.
  const day = sql<number>`(at / 86400000)`;
  return db
    .selectFrom('events')
    .select(({ fn }) => [day.as('day'), 'actor', fn.countAll<number>().as('count')])
    .where('workspace_id', '=', workspaceId)
    .where('at', '>=', since)
    .where('type', 'in', ['opened', 'clicked'])
    .groupBy([day, 'actor'])
    .execute();
}
