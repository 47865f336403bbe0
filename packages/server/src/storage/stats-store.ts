import type { Event, Message, MessageSummary, Mode, StreamEvent, Overview } from '@waybill/sdk';
import type { CapturedMail, RecipientSummary } from '@waybill/sdk';
import type { Kysely, Selectable } from 'kysely';
import { toIso } from '../kernel/clock.ts';
import type { DeliveryId, TrackingNumber, WorkspaceId } from '../kernel/ids.ts';
import { parseTrackingNumber } from '../messages/messages.ts';
import {
  EVENTS_AT_ONCE,
  type DeliveryRead,
  type MessageQuery,
  type PageUrlOf,
  type RecipientQuery,
  type Slice,
  type StatsReader,
  type TimePosition,
} from '../stats/stats.ts';
import { clicksByPeople, eventsBefore, newestEvents } from './delivery-events.ts';
import { messageCounts } from './message-counts.ts';
import { listMessages } from './message-list.ts';
import { overview } from './overview.ts';
import { listRecipients } from './recipient-list.ts';
import type { Database } from './schema.ts';
import {
  deliveryOfRow,
  EVENT_COLUMNS,
  eventOfRow,
  json,
  linksLeftOf,
  modeOf,
  readOf,
  streamEventOfRow,
  timeOrNull,
  VERDICT_COLUMNS,
} from './wire-rows.ts';

const CAPTURED_COLUMNS = [
  'id',
  'tracking_number',
  'recipient',
  'from_address',
  'subject',
  'captured_at',
] as const;

const DELIVERY_COLUMNS = [
  'deliveries.id',
  'deliveries.tracking_number',
  'deliveries.recipient',
  'deliveries.pixel_url',
  'deliveries.untouched_text',
  ...VERDICT_COLUMNS,
] as const;

/** Read models on either engine. */
export class StatsStore implements StatsReader {
  readonly #db: Kysely<Database>;
  readonly #pageUrlOf: PageUrlOf;

  constructor(db: Kysely<Database>, pageUrlOf: PageUrlOf) {
    this.#db = db;
    this.#pageUrlOf = pageUrlOf;
  }

  messages(workspaceId: WorkspaceId, query: MessageQuery): Promise<Slice<MessageSummary, TimePosition>> {
    return listMessages(this.#db, workspaceId, query);
  }

  recipients(
    workspaceId: WorkspaceId,
    query: RecipientQuery,
  ): Promise<Slice<RecipientSummary, TimePosition>> {
    return listRecipients(this.#db, workspaceId, query);
  }

  overview(workspaceId: WorkspaceId, days: number, now: number): Promise<Overview> {
    return overview(this.#db, workspaceId, days, now);
  }

  async message(workspaceId: WorkspaceId, id: string): Promise<Message | undefined> {
    const row = await this.#db
      .selectFrom('messages')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const deliveries = await this.#db
      .selectFrom('deliveries')
      .select(DELIVERY_COLUMNS)
      .where('workspace_id', '=', workspaceId)
      .where('message_id', '=', id)
      .orderBy('recipient')
      .orderBy('tracking_number')
      .execute();
    return {
      id: row.id,
      subject: row.subject,
      from: row.from_address,
      to: json(row.to_json) as string[],
      cc: json(row.cc_json) as string[],
      createdAt: toIso(row.created_at),
      sentAt: timeOrNull(row.sent_at),
      mode: modeOf(row.mode),
      source: row.source as Message['source'],
      messageIdHeader: row.message_id_header,
      links: await linksOf(this.#db, workspaceId, id),
      ...linksLeftOf(row.links_left),
      deliveries: deliveries.map(deliveryOfRow),
      read: readOf(deliveries.map(deliveryOfRow)),
      ...(row.mode === 'aggregate' ? { counts: await messageCounts(this.#db, workspaceId, id) } : {}),
    };
  }

  /** Verdict and events of one moment: read one after the other they could contradict each other. */
  async delivery(workspaceId: WorkspaceId, number: TrackingNumber): Promise<DeliveryRead | undefined> {
    return this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((tx) => this.#deliveryIn(tx, workspaceId, number));
  }

  async #deliveryIn(
    tx: Kysely<Database>,
    workspaceId: WorkspaceId,
    number: TrackingNumber,
  ): Promise<DeliveryRead | undefined> {
    const row = await tx
      .selectFrom('deliveries')
      .innerJoin('messages', 'messages.id', 'deliveries.message_id')
      .select(DELIVERY_COLUMNS)
      .select(['deliveries.message_id', 'deliveries.created_at', 'deliveries.sent_at'])
      .select(['messages.subject', 'messages.from_address', 'messages.mode'])
      .where('deliveries.workspace_id', '=', workspaceId)
      .where('deliveries.tracking_number', '=', number)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const place = { workspaceId, deliveryId: row.id };
    const { rows, next } = await newestEvents(tx, place, { limit: EVENTS_AT_ONCE });
    const clicks = await clicksByPeople(tx, place);
    const mode: Mode = modeOf(row.mode);
    return {
      ...deliveryOfRow(row),
      messageId: row.message_id,
      subject: row.subject,
      from: row.from_address,
      mode,
      createdAt: toIso(row.created_at),
      sentAt: timeOrNull(row.sent_at),
      events: rows.toReversed().map(eventOfRow),
      links: (await linksOf(tx, workspaceId, row.message_id)).map((url) => ({
        url,
        clicks: clicks(url),
      })),
      recipientPageUrl: mode === 'off' ? null : this.#pageUrlOf(workspaceId, row.id as DeliveryId),
      ...(next === undefined ? {} : { earlier: await this.#earlier(tx, place, next) }),
    };
  }

  async #earlier(
    tx: Kysely<Database>,
    place: { workspaceId: WorkspaceId; deliveryId: string },
    before: TimePosition,
  ): Promise<NonNullable<DeliveryRead['earlier']>> {
    const { count, milestones } = await eventsBefore(tx, place, before);
    return { count, before, milestones: milestones.map(eventOfRow) };
  }

  async deliveryEvents(
    workspaceId: WorkspaceId,
    number: TrackingNumber,
    query: { before?: TimePosition; limit: number },
  ): Promise<Slice<Event, TimePosition> | undefined> {
    const delivery = await this.#db
      .selectFrom('deliveries')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('tracking_number', '=', number)
      .executeTakeFirst();
    if (delivery === undefined) return undefined;
    const { rows, next } = await newestEvents(this.#db, { workspaceId, deliveryId: delivery.id }, query);
    return { items: rows.map(eventOfRow), ...(next === undefined ? {} : { next }) };
  }

  async events(
    workspaceId: WorkspaceId,
    query: { before?: number; limit: number },
  ): Promise<Slice<StreamEvent, number>> {
    let select = this.#streamEvents(workspaceId)
      .orderBy('events.position', 'desc')
      .limit(query.limit + 1);
    if (query.before !== undefined) select = select.where('events.position', '<', query.before);
    const rows = await select.execute();
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map(streamEventOfRow),
      ...(rows.length > query.limit && last !== undefined ? { next: last.position } : {}),
    };
  }

  async eventsSince(workspaceId: WorkspaceId, position: number, limit: number): Promise<StreamEvent[]> {
    const rows = await this.#streamEvents(workspaceId)
      .where('events.position', '>', position)
      .orderBy('events.position')
      .limit(limit)
      .execute();
    return rows.map(streamEventOfRow);
  }

  async latestPosition(workspaceId: WorkspaceId): Promise<number> {
    const row = await this.#db
      .selectFrom('events')
      .select((eb) => eb.fn.max('position').as('position'))
      .where('workspace_id', '=', workspaceId)
      .executeTakeFirst();
    return row?.position ?? 0;
  }

  async captured(
    workspaceId: WorkspaceId,
    { after, limit }: { after?: TimePosition; limit: number },
  ): Promise<Slice<CapturedMail, TimePosition>> {
    let select = this.#db
      .selectFrom('captured')
      .select(CAPTURED_COLUMNS)
      .where('workspace_id', '=', workspaceId)
      .orderBy('captured_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (after !== undefined) {
      select = select.where((eb) =>
        eb.or([
          eb('captured_at', '<', after.at),
          eb.and([eb('captured_at', '=', after.at), eb('id', '<', after.key)]),
        ]),
      );
    }
    const rows = await select.execute();
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(toCapturedMail),
      ...(rows.length > limit && last !== undefined ? { next: { at: last.captured_at, key: last.id } } : {}),
    };
  }

  async capturedMail(workspaceId: WorkspaceId, numberOrId: string): Promise<CapturedMail | undefined> {
    const row = await this.#captured(workspaceId, numberOrId).select(CAPTURED_COLUMNS).executeTakeFirst();
    return row && toCapturedMail(row);
  }

  async capturedBytes(workspaceId: WorkspaceId, numberOrId: string): Promise<Uint8Array | undefined> {
    return (await this.#captured(workspaceId, numberOrId).select('raw').executeTakeFirst())?.raw;
  }

  #captured(workspaceId: WorkspaceId, numberOrId: string) {
    const number = parseTrackingNumber(numberOrId);
    return this.#db
      .selectFrom('captured')
      .where('workspace_id', '=', workspaceId)
      .where((eb) => (number === undefined ? eb('id', '=', numberOrId) : eb('tracking_number', '=', number)))
      .orderBy('captured_at', 'desc')
      .limit(1);
  }

  #streamEvents(workspaceId: WorkspaceId) {
    return this.#db
      .selectFrom('events')
      .innerJoin('deliveries', 'deliveries.id', 'events.delivery_id')
      .innerJoin('messages', 'messages.id', 'events.message_id')
      .select(EVENT_COLUMNS)
      .select(VERDICT_COLUMNS)
      .select(['deliveries.tracking_number', 'deliveries.recipient'])
      .select(['messages.id as message_id', 'messages.subject'])
      .where('events.workspace_id', '=', workspaceId);
  }
}

/** Destinations in the order of their indexes. */
async function linksOf(db: Kysely<Database>, workspaceId: WorkspaceId, messageId: string): Promise<string[]> {
  const row = await db
    .selectFrom('message_links')
    .select('links')
    .where('message_id', '=', messageId)
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst();
  return row === undefined ? [] : (JSON.parse(row.links) as [number, string][]).map(([, url]) => url);
}

function toCapturedMail(
  row: Pick<Selectable<Database['captured']>, (typeof CAPTURED_COLUMNS)[number]>,
): CapturedMail {
  return {
    id: row.id,
    trackingNumber: row.tracking_number,
    recipient: row.recipient,
    from: row.from_address,
    subject: row.subject,
    capturedAt: toIso(row.captured_at),
  };
}
