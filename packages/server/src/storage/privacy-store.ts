import { sql, type Kysely, type Transaction } from 'kysely';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { AddressRow, PrivacyStore, RecordedDelivery, RecordedMessage } from '../privacy/privacy.ts';
import { chunks } from './chunks.ts';
import { deliveryEvents } from './delivery-events.ts';
import { messageCounts } from './message-counts.ts';
import type { Database } from './schema.ts';
import { eventOfRow, modeOf } from './wire-rows.ts';

export class StoredPrivacy implements PrivacyStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async recordedDelivery(workspaceId: WorkspaceId, subject: string): Promise<RecordedDelivery | undefined> {
    const row = await this.#db
      .selectFrom('deliveries')
      .innerJoin('messages', 'messages.id', 'deliveries.message_id')
      .innerJoin('workspaces', 'workspaces.id', 'deliveries.workspace_id')
      .select(['deliveries.recipient', 'deliveries.sent_at', 'deliveries.objected_at'])
      .select(['messages.subject', 'messages.from_address', 'messages.mode', 'messages.created_at'])
      .select(['messages.sent_at as message_sent_at', 'workspaces.address_retention_days'])
      .where('deliveries.workspace_id', '=', workspaceId)
      .where('deliveries.id', '=', subject)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const events = await deliveryEvents(this.#db, workspaceId, subject);
    return {
      deliveryId: subject as DeliveryId,
      recipient: row.recipient,
      subject: row.subject,
      from: row.from_address,
      mode: modeOf(row.mode),
      createdAt: row.created_at,
      sentAt: row.sent_at ?? row.message_sent_at,
      addressRetentionDays: row.address_retention_days,
      objectedAt: row.objected_at,
      events: events.map(eventOfRow),
    };
  }

  async recordedMessage(workspaceId: WorkspaceId, subject: string): Promise<RecordedMessage | undefined> {
    const row = await this.#db
      .selectFrom('messages')
      .select(['subject', 'from_address', 'created_at', 'sent_at'])
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', subject)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const counts = await messageCounts(this.#db, workspaceId, subject);
    return {
      messageId: subject as MessageId,
      subject: row.subject,
      from: row.from_address,
      createdAt: row.created_at,
      sentAt: row.sent_at,
      ...counts,
    };
  }

  object(objection: {
    workspaceId: WorkspaceId;
    recipient: string;
    deliveryId: DeliveryId;
    at: number;
  }): Promise<number> {
    const { workspaceId, recipient, deliveryId, at } = objection;
    const address = recipient.toLowerCase();
    return this.#db.transaction().execute(async (trx) => {
      // Queues objections up, so that deny entries become visible in the order of their versions:
      // whoever has pushed all up to N to the edge has missed none below N.
      await trx.updateTable('counters').set({ name: 'position' }).where('name', '=', 'position').execute();
      await trx
        .insertInto('objections')
        .values({ workspace_id: workspaceId, address, delivery_id: deliveryId, at })
        .onConflict((conflict) => conflict.columns(['workspace_id', 'address']).doNothing())
        .execute();
      const first = await trx
        .selectFrom('objections')
        .select('at')
        .where('workspace_id', '=', workspaceId)
        .where('address', '=', address)
        .executeTakeFirstOrThrow();
      await denyDeliveries(trx, { workspaceId, recipient, at: first.at, now: at });
      return first.at;
    });
  }

  async objectedAmong(workspaceId: WorkspaceId, addresses: readonly string[]): Promise<ReadonlySet<string>> {
    if (addresses.length === 0) return new Set();
    const rows = await this.#db
      .selectFrom('objections')
      .select('address')
      .where('workspace_id', '=', workspaceId)
      .where(
        'address',
        'in',
        addresses.map((address) => address.toLowerCase()),
      )
      .execute();
    return new Set(rows.map(({ address }) => address));
  }

  async workspacesWithRetention(): Promise<{ workspaceId: WorkspaceId; days: number }[]> {
    const rows = await this.#db
      .selectFrom('workspaces')
      .select(['id', 'address_retention_days'])
      .where('address_retention_days', 'is not', null)
      .execute();
    return rows.map((row) => ({
      workspaceId: row.id as WorkspaceId,
      days: row.address_retention_days ?? 0,
    }));
  }

  async workspacesWithHitRetention(): Promise<{ workspaceId: WorkspaceId; days: number }[]> {
    const rows = await this.#db
      .selectFrom('workspaces')
      .select(['id', 'hit_retention_days'])
      .where('hit_retention_days', 'is not', null)
      .execute();
    return rows.map((row) => ({ workspaceId: row.id as WorkspaceId, days: row.hit_retention_days ?? 0 }));
  }

  async deleteHits({
    workspaceId,
    before,
    limit,
  }: {
    workspaceId: WorkspaceId;
    before: number;
    limit: number;
  }): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('hits')
      .where((eb) =>
        eb(
          eb.refTuple('epoch', 'seq'),
          'in',
          eb
            .selectFrom('hits')
            .select(['epoch', 'seq'])
            .where('workspace_id', '=', workspaceId)
            .where('at', '<', before)
            .orderBy('at')
            .limit(limit)
            .$asTuple('epoch', 'seq'),
        ),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  async fineAddresses(range: {
    table: AddressRow['table'];
    workspaceId: WorkspaceId;
    from: number;
    before: number;
    limit: number;
  }): Promise<AddressRow[]> {
    const { table, workspaceId, from, before, limit } = range;
    const key = table === 'hits' ? sql<string>`epoch || ' ' || seq` : sql<string>`id`;
    const place = table === 'hits' ? sql<null>`null` : sql<string | null>`place`;
    return this.#db
      .selectFrom(table)
      .select([sql.lit(table).as('table'), key.as('key'), 'ip', place.as('place')])
      .where('workspace_id', '=', workspaceId)
      .where('at', '>=', from)
      .where('at', '<', before)
      .where(table === 'hits' ? isFineAddress : sql<boolean>`(${isFineAddress} or ${isFinePlace})`)
      .limit(limit)
      .execute()
      .then((rows) => rows.map((row) => ({ ...row, ip: row.ip ?? '' })));
  }

  async writeAddresses(rows: readonly AddressRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#db.transaction().execute(async (trx) => {
      await outdateDeliveries(trx, rows);
      for (const row of rows) {
        const ip = row.ip === '' ? null : row.ip;
        if (row.table === 'events') {
          await trx.updateTable('events').set({ ip, place: row.place }).where('id', '=', row.key).execute();
        } else {
          const [epoch = '', seq] = row.key.split(' ');
          await trx
            .updateTable('hits')
            .set({ ip })
            .where('epoch', '=', epoch)
            .where('seq', '=', Number(seq))
            .execute();
        }
      }
    });
  }
}

/** Whoever judges these at this moment must not write the whole address again. Deliveries first, as everybody locks. */
async function outdateDeliveries(trx: Transaction<Database>, rows: readonly AddressRow[]): Promise<void> {
  const keys = rows.flatMap(({ table, key }) => (table === 'events' ? [key] : []));
  const ids = new Set<string>();
  for (const part of chunks(keys)) {
    const found = await trx.selectFrom('events').select('delivery_id').where('id', 'in', part).execute();
    for (const { delivery_id: id } of found) if (id !== null) ids.add(id);
  }
  for (const id of [...ids].toSorted()) {
    await trx
      .updateTable('deliveries')
      .set(({ eb }) => ({ version: eb('version', '+', 1), past: null }))
      .where('id', '=', id)
      .execute();
  }
}

/**
 * Not cut to /24 or /48 yet. Cut addresses end in `.0` (what ends so already is its own /24) or in `::` after
 * at most three groups.
 */
const isFineAddress = sql<boolean>`(ip is not null and ip not like '%.0'
  and (ip not like '%::' or ip like '%:%:%:%::'))`;
const isFinePlace = sql<boolean>`(place like '%"city":%' or place like '%"latitude":%')`;

async function denyDeliveries(
  trx: Transaction<Database>,
  objection: { workspaceId: WorkspaceId; recipient: string; at: number; now: number },
): Promise<void> {
  const { workspaceId, recipient, at, now } = objection;
  const deliveries = await trx
    .selectFrom('deliveries')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where((eb) =>
      eb.or([
        eb('recipient', '=', recipient),
        eb(eb.fn<string>('lower', ['recipient']), '=', recipient.toLowerCase()),
      ]),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('deny_entries')
            .select('deny_entries.version')
            .where('deny_entries.kind', '=', 'delivery')
            .where('deny_entries.effect', '=', 'silent')
            .whereRef('deny_entries.target', '=', 'deliveries.id'),
        ),
      ),
    )
    .execute();
  for (const { id } of deliveries) {
    await trx
      .insertInto('deny_entries')
      .values({ workspace_id: workspaceId, kind: 'delivery', target: id, effect: 'silent', created_at: now })
      .execute();
    await trx
      .updateTable('deliveries')
      .set((eb) => ({
        objected_at: eb.fn.coalesce('objected_at', eb.val(at)),
        settle_at: now,
        settles_plainly: 0,
        version: eb('version', '+', 1),
        past: null,
      }))
      .where('id', '=', id)
      .execute();
  }
}
