import type { Kysely, Selectable } from 'kysely';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { TimePosition } from '../stats/stats.ts';
import type { Database } from './schema.ts';
import { countActors, EVENT_COLUMNS } from './wire-rows.ts';

type EventRow = Pick<
  Selectable<Database['events']>,
  (typeof EVENT_COLUMNS)[number] extends `events.${infer Column extends keyof Database['events']}`
    ? Column
    : never
>;

interface Place {
  workspaceId: WorkspaceId;
  deliveryId: string;
}

function eventsOf(db: Kysely<Database>, { workspaceId, deliveryId }: Place, before?: TimePosition) {
  const all = db
    .selectFrom('events')
    .where('workspace_id', '=', workspaceId)
    .where('delivery_id', '=', deliveryId);
  if (before === undefined) return all;
  const position = Number(before.key);
  return all
    .where('at', '<=', before.at)
    .where((eb) =>
      eb.or([eb('at', '<', before.at), eb.and([eb('at', '=', before.at), eb('position', '<', position)])]),
    );
}

/** Rows of a delivery's events, oldest first. */
export function deliveryEvents(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  deliveryId: string,
): Promise<EventRow[]> {
  return eventsOf(db, { workspaceId, deliveryId })
    .select(EVENT_COLUMNS)
    .orderBy('at')
    .orderBy('position')
    .execute();
}

/**
 * The newest events before a place in the timeline.
 * @returns newest first; `next` is the oldest one's place, absent when none is before it
 */
export async function newestEvents(
  db: Kysely<Database>,
  place: Place,
  { before, limit }: { before?: TimePosition; limit: number },
): Promise<{ rows: EventRow[]; next?: TimePosition }> {
  const found = await eventsOf(db, place, before)
    .select(EVENT_COLUMNS)
    .orderBy('at', 'desc')
    .orderBy('position', 'desc')
    .limit(limit + 1)
    .execute();
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return found.length > limit && last !== undefined
    ? { rows, next: { at: last.at, key: String(last.position) } }
    : { rows };
}

/** How many events are before a place, and of them the first and the last of each type and actor, oldest first. */
export async function eventsBefore(
  db: Kysely<Database>,
  place: Place,
  before: TimePosition,
): Promise<{ count: number; milestones: EventRow[] }> {
  const kinds = await eventsOf(db, place, before)
    .select(['type', 'actor'])
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.min('at').as('first'),
      eb.fn.max('at').as('last'),
    ])
    .groupBy(['type', 'actor'])
    .execute();
  const milestones = new Map<number, EventRow>();
  for (const { type, actor, first, last } of kinds) {
    for (const [at, order] of [
      [first, 'asc'],
      [last, 'desc'],
    ] as const) {
      const row = await eventsOf(db, place, before)
        .select(EVENT_COLUMNS)
        .where('at', '=', at)
        .where('type', '=', type)
        .where('actor', actor === null ? 'is' : '=', actor)
        .orderBy('position', order)
        .limit(1)
        .executeTakeFirst();
      if (row !== undefined) milestones.set(row.position, row);
    }
  }
  return {
    count: kinds.reduce((sum, { count }) => sum + count, 0),
    milestones: [...milestones.values()].toSorted((a, b) => a.at - b.at || a.position - b.position),
  };
}

/** How often people followed each address. */
export async function clicksByPeople(db: Kysely<Database>, place: Place): Promise<(url: string) => number> {
  const rows = await eventsOf(db, place)
    .select(['link', 'actor', (eb) => eb.fn.countAll<number>().as('count')])
    .where('type', '=', 'clicked')
    .groupBy(['link', 'actor'])
    .execute();
  return (url) => countActors(rows.filter(({ link }) => link === url)).people;
}
