import type { Selectable } from 'kysely';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import {
  isTelling,
  SIGHTING_MS,
  type Sighting,
  type TimelineSnapshot,
  type TimelineWant,
} from '../messages/messages.ts';
import { grouped } from './row-sets.ts';
import type { Database, EngineName } from './schema.ts';
import type { Statement } from './statements.ts';
import { HIT_COLUMNS, parsed, toHit, type HitRow } from './timeline-rows.ts';

/** An address that thousands share must not make a judgement slow. */
const MOST_SIGHTINGS = 2000;
/** So many earlier mails to a recipient, and so many hits on them, say which programs read there. */
const EARLIER_MAILS = 20;
const EARLIER_HITS = 20;

const SIGHTING = 'workspace_id, delivery_id, ip, at, link_index, headers';

/**
 * What else is known of the sources and recipients of some deliveries, for {@link toSurroundings}: links that the
 * addresses of their hits followed in other copies within the hour, and hits on mails to the same recipients that were
 * older than theirs. Images are no sign here: a service's proxy loads those of all its users.
 *
 * @param among SQL that compares with one list of parameters; `list` makes these parameters
 * @param workspaces SQL for whose hits these are, with `ofWorkspaces` as its parameters
 */
export function surroundingStatements(
  { surroundings, newHits = [] }: TimelineWant,
  {
    engine,
    among,
    list,
    ofDeliveries,
    workspaces,
    ofWorkspaces,
  }: {
    engine: EngineName;
    among: string;
    list: (values: readonly string[]) => unknown[][];
    ofDeliveries: unknown[][];
    workspaces: string;
    ofWorkspaces: unknown[][];
  },
): Statement[] {
  const clicks = newHits.filter(isTelling);
  const ips = [...new Set(clicks.flatMap(({ ip }) => (ip === undefined ? [] : [ip])))];
  const times = clicks.map(({ at }) => at);
  const wanted = surroundings === true ? ofDeliveries : [];
  // What is recorded is judged by its own addresses; what was judged before, when its hold is over.
  const ofOldHits = newHits.length === 0 ? wanted : [];
  // SQLite would take the index of all hits by time, and read those of hours for each address.
  const byAddress = engine === 'sqlite' ? 'indexed by hits_click_address_index' : '';
  return [
    {
      sql: `select distinct others.${SIGHTING.replaceAll(', ', ', others.')}
        from (select distinct workspace_id, ip, at / ${SIGHTING_MS} as hour from hits
          where kind = 'click' and delivery_id ${among} and refetch_of is null) as mine
        join hits as others ${byAddress} on others.kind = 'click' and others.refetch_of is null
          and others.workspace_id = mine.workspace_id and others.ip = mine.ip
          and others.at >= (mine.hour - 1) * ${SIGHTING_MS} and others.at < (mine.hour + 2) * ${SIGHTING_MS}
        order by others.at desc limit ${MOST_SIGHTINGS}`,
      rows: ofOldHits,
    },
    {
      sql: `select ${SIGHTING} from hits ${byAddress} where kind = 'click' and refetch_of is null
        and ${workspaces}
        and ip ${among} and at >= ? and at <= ? order by at desc limit ${MOST_SIGHTINGS}`,
      rows:
        ips.length === 0 || surroundings !== true
          ? []
          : ofWorkspaces.map((ids) => [
              ...ids,
              ...(list(ips)[0] ?? []),
              Math.min(...times) - SIGHTING_MS,
              Math.max(...times) + SIGHTING_MS,
            ]),
    },
    {
      sql: `select ${HIT_COLUMNS.join(', ')}, read_for from (select hits.*, these.id as read_for,
          row_number() over (partition by these.id order by hits.at desc, hits.seq desc) as newness
          from deliveries as these
          join deliveries as older on older.id in (
            select id from deliveries as before_it where before_it.workspace_id = these.workspace_id
              and before_it.recipient = these.recipient and before_it.created_at < these.created_at
              order by before_it.created_at desc limit ${EARLIER_MAILS})
          join hits on hits.delivery_id = older.id and hits.refetch_of is null
          where these.id ${among}) as earlier
        where newness <= ${EARLIER_HITS}`,
      rows: wanted,
    },
  ];
}

/** @param results of {@link surroundingStatements}, in their order */
export function toSurroundings(
  results: readonly (readonly unknown[])[],
): Pick<TimelineSnapshot, 'sightings' | 'earlierHits'> {
  const [ofOld = [], ofNew = [], earlier = []] = results;
  return {
    sightings: grouped(
      [...ofOld, ...ofNew] as SightingRow[],
      (row) => row.workspace_id as WorkspaceId,
      toSighting,
    ),
    earlierHits: grouped(
      earlier as (HitRow & { read_for: string })[],
      (row) => row.read_for as DeliveryId,
      toHit,
    ),
  };
}

type SightingRow = Pick<
  Selectable<Database['hits']>,
  'workspace_id' | 'delivery_id' | 'ip' | 'at' | 'link_index' | 'headers'
>;

function toSighting(row: SightingRow): Sighting {
  const userAgent = (parsed(row.headers) as Record<string, string>)['user-agent'];
  return {
    deliveryId: row.delivery_id as DeliveryId,
    ip: row.ip ?? '',
    at: row.at,
    ...(row.link_index === null ? {} : { linkIndex: row.link_index }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}
