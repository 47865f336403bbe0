import type { MessageSummary } from '@waybill/sdk';
import type { Kysely } from 'kysely';
import { toIso } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { parseTrackingNumber } from '../messages/messages.ts';
import type { MessageQuery, Slice, TimePosition } from '../stats/stats.ts';
import type { Database } from './schema.ts';
import { contains } from './text-search.ts';
import { modeOf, readOf, timeOrNull, VERDICT_COLUMNS, verdictOfRow } from './wire-rows.ts';

/** A page of messages, newest first, with all their deliveries. */
export async function listMessages(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  query: MessageQuery,
): Promise<Slice<MessageSummary, TimePosition>> {
  const rows = await selectMessages(db, workspaceId, query).execute();
  const page = rows.slice(0, query.limit);
  const deliveries = await deliveriesOf(
    db,
    workspaceId,
    page.map(({ id }) => id),
  );
  const last = page.at(-1);
  return {
    items: page.map((row) => ({
      id: row.id,
      subject: row.subject,
      from: row.from_address,
      createdAt: toIso(row.created_at),
      sentAt: timeOrNull(row.sent_at),
      mode: modeOf(row.mode),
      source: row.source as MessageSummary['source'],
      lastSignAt: timeOrNull(row.last_sign_at),
      ...withDeliveries(deliveries.get(row.id) ?? []),
    })),
    ...(rows.length > query.limit && last !== undefined
      ? { next: { at: last.created_at, key: last.id } }
      : {}),
  };
}

function withDeliveries(deliveries: readonly ListedDelivery[]): Pick<MessageSummary, 'deliveries' | 'read'> {
  return {
    deliveries: deliveries.map(({ wire }) => wire),
    read: readOf(deliveries.map(({ wire, ...rest }) => ({ ...rest, verdict: wire.verdict }))),
  };
}

function selectMessages(db: Kysely<Database>, workspaceId: WorkspaceId, query: MessageQuery) {
  const { text, states, mode, after } = query;
  let select = db
    .selectFrom('messages')
    .select(['id', 'subject', 'from_address', 'created_at', 'sent_at', 'mode', 'source', 'last_sign_at'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1);
  if (mode !== undefined) select = select.where('mode', '=', mode);
  if (after !== undefined) {
    select = select.where((eb) =>
      eb.or([
        eb('created_at', '<', after.at),
        eb.and([eb('created_at', '=', after.at), eb('id', '<', after.key)]),
      ]),
    );
  }
  if (states !== undefined) {
    select = select.where((eb) =>
      eb.exists(
        eb
          .selectFrom('deliveries')
          .select('deliveries.id')
          .whereRef('deliveries.message_id', '=', 'messages.id')
          .where('deliveries.verdict_state', 'in', states),
      ),
    );
  }
  if (text !== undefined && text !== '') {
    const number = parseTrackingNumber(text);
    select = select.where((eb) => {
      const itsDeliveries = eb
        .selectFrom('deliveries')
        .select('deliveries.id')
        .whereRef('deliveries.message_id', '=', 'messages.id');
      return eb.or([
        contains(eb.ref('subject'), text),
        contains(eb.ref('from_address'), text),
        eb.exists(itsDeliveries.where((of) => contains(of.ref('deliveries.recipient'), text))),
        ...(number === undefined
          ? []
          : [eb.exists(itsDeliveries.where('deliveries.tracking_number', '=', number))]),
      ]);
    });
  }
  return select;
}

interface ListedDelivery {
  wire: MessageSummary['deliveries'][number];
  untouchedBecause?: string;
}

async function deliveriesOf(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  messageIds: string[],
): Promise<Map<string, ListedDelivery[]>> {
  const found = new Map<string, ListedDelivery[]>();
  if (messageIds.length === 0) return found;
  const rows = await db
    .selectFrom('deliveries')
    .select([
      'message_id',
      'tracking_number',
      'recipient',
      'last_sign_at',
      'untouched_text',
      ...VERDICT_COLUMNS,
    ])
    .where('workspace_id', '=', workspaceId)
    .where('message_id', 'in', messageIds)
    .orderBy('recipient')
    .orderBy('tracking_number')
    .execute();
  for (const row of rows) {
    const list = found.get(row.message_id) ?? [];
    found.set(row.message_id, list);
    list.push({
      wire: {
        trackingNumber: row.tracking_number,
        recipient: row.recipient,
        verdict: verdictOfRow(row),
        lastSignAt: timeOrNull(row.last_sign_at),
      },
      ...(row.untouched_text === null ? {} : { untouchedBecause: row.untouched_text }),
    });
  }
  return found;
}
