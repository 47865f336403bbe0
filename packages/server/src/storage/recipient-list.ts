import type { RecipientSummary, VerdictState } from '@waybill/sdk';
import type { Kysely } from 'kysely';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { RecipientQuery, Slice, TimePosition } from '../stats/stats.ts';
import type { Database } from './schema.ts';
import { contains } from './text-search.ts';
import { timeOrNull } from './wire-rows.ts';

/** A page of recipients, the one with the latest mail first. */
export async function listRecipients(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  query: RecipientQuery,
): Promise<Slice<RecipientSummary, TimePosition>> {
  const rows = await selectRecipients(db, workspaceId, query).execute();
  const page = rows.slice(0, query.limit);
  const addresses = page.map(({ recipient }) => recipient);
  const [states, objections] = await Promise.all([
    statesOf(db, workspaceId, addresses),
    objectionsOf(db, workspaceId, addresses),
  ]);
  const last = page.at(-1);
  return {
    items: page.map((row) => ({
      address: row.recipient,
      deliveries: row.deliveries,
      lastSentAt: timeOrNull(row.sent_at),
      lastSignAt: timeOrNull(row.last_sign_at),
      objectedAt: timeOrNull(objections.get(row.recipient.toLowerCase()) ?? null),
      states: states.get(row.recipient) ?? {},
    })),
    ...(rows.length > query.limit && last !== undefined
      ? { next: { at: last.newest, key: last.recipient } }
      : {}),
  };
}

function selectRecipients(db: Kysely<Database>, workspaceId: WorkspaceId, query: RecipientQuery) {
  const { text, after } = query;
  let select = db
    .selectFrom('deliveries')
    .select(({ fn }) => [
      'recipient',
      fn.countAll<number>().as('deliveries'),
      fn.max<number | null>('sent_at').as('sent_at'),
      fn.max<number | null>('last_sign_at').as('last_sign_at'),
      fn.max<number>('created_at').as('newest'),
    ])
    .where('workspace_id', '=', workspaceId)
    .groupBy('recipient')
    .orderBy('newest', 'desc')
    .orderBy('recipient')
    .limit(query.limit + 1);
  if (text !== undefined && text !== '') {
    select = select.where((eb) => contains(eb.ref('recipient'), text));
  }
  if (after !== undefined) {
    select = select.having((eb) =>
      eb.or([
        eb(eb.fn.max('created_at'), '<', after.at),
        eb.and([eb(eb.fn.max('created_at'), '=', after.at), eb('recipient', '>', after.key)]),
      ]),
    );
  }
  return select;
}

async function statesOf(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  addresses: string[],
): Promise<Map<string, RecipientSummary['states']>> {
  const found = new Map<string, RecipientSummary['states']>();
  if (addresses.length === 0) return found;
  const rows = await db
    .selectFrom('deliveries')
    .select(({ fn }) => ['recipient', 'verdict_state', fn.countAll<number>().as('count')])
    .where('workspace_id', '=', workspaceId)
    .where('recipient', 'in', addresses)
    .groupBy(['recipient', 'verdict_state'])
    .execute();
  for (const { recipient, verdict_state: state, count } of rows) {
    found.set(recipient, { ...found.get(recipient), [state as VerdictState]: count });
  }
  return found;
}

async function objectionsOf(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  addresses: string[],
): Promise<Map<string, number>> {
  if (addresses.length === 0) return new Map();
  const rows = await db
    .selectFrom('objections')
    .select(['address', 'at'])
    .where('workspace_id', '=', workspaceId)
    .where(
      'address',
      'in',
      addresses.map((address) => address.toLowerCase()),
    )
    .execute();
  return new Map(rows.map(({ address, at }) => [address, at]));
}
