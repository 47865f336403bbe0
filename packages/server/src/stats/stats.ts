/** Read models of what is known: for the dashboard, the API and the live stream. The room's public file. */
import type {
  CapturedMail,
  DeliveryDetail,
  EarlierEvents,
  Event,
  Message,
  MessageSummary,
  Mode,
  Overview,
  RecipientSummary,
  StreamEvent,
  VerdictState,
} from '@waybill/sdk';
import type { DeliveryId, TrackingNumber, WorkspaceId } from '../kernel/ids.ts';

/** Where a listing by time goes on: after the row with this time (ms) and this key. */
export interface TimePosition {
  at: number;
  key: string;
}

/** Part of a listing; `next` is absent on the last part. */
export interface Slice<T, Position> {
  items: T[];
  next?: Position;
}

export interface MessageQuery {
  /** Found in subject, sender or a recipient, in any case; or a tracking number in any spelling. */
  text?: string;
  /** Messages with at least one delivery in one of these states. */
  states?: readonly VerdictState[];
  mode?: Mode;
  after?: TimePosition;
  limit: number;
}

export interface RecipientQuery {
  text?: string;
  after?: TimePosition;
  limit: number;
}

/** As many of its newest events come with a delivery; those before them are asked for in pages. */
export const EVENTS_AT_ONCE = 500;

/** A delivery as the API answers it, but for the cursor, which is the API's. */
export interface DeliveryRead extends Omit<DeliveryDetail, 'earlier'> {
  earlier?: Omit<EarlierEvents, 'cursor'> & { before: TimePosition };
}

/** Port. Every answer is of one workspace only; absent fields are omitted, as the wire types say. */
export interface StatsReader {
  /** Newest first. */
  messages(workspaceId: WorkspaceId, query: MessageQuery): Promise<Slice<MessageSummary, TimePosition>>;
  message(workspaceId: WorkspaceId, id: string): Promise<Message | undefined>;
  /** With its newest events, oldest first. */
  delivery(workspaceId: WorkspaceId, number: TrackingNumber): Promise<DeliveryRead | undefined>;
  /** Of one delivery, newest first, those before a place (its key is a position); undefined when it is unknown. */
  deliveryEvents(
    workspaceId: WorkspaceId,
    number: TrackingNumber,
    query: { before?: TimePosition; limit: number },
  ): Promise<Slice<Event, TimePosition> | undefined>;
  /** Newest first, those with a position below `before`. Events of `aggregate` messages belong to no delivery and are left out. */
  events(
    workspaceId: WorkspaceId,
    query: { before?: number; limit: number },
  ): Promise<Slice<StreamEvent, number>>;
  /** Oldest first, those with a position above. */
  eventsSince(workspaceId: WorkspaceId, position: number, limit: number): Promise<StreamEvent[]>;
  /** The newest position of the workspace; 0 when nothing happened yet. */
  latestPosition(workspaceId: WorkspaceId): Promise<number>;
  /** Latest mail first. */
  recipients(workspaceId: WorkspaceId, query: RecipientQuery): Promise<Slice<RecipientSummary, TimePosition>>;
  overview(workspaceId: WorkspaceId, days: number, now: number): Promise<Overview>;
  /** The demo inbox, newest first. */
  captured(
    workspaceId: WorkspaceId,
    query: { after?: TimePosition; limit: number },
  ): Promise<Slice<CapturedMail, TimePosition>>;
  /** One captured mail by tracking number or by its id. */
  capturedMail(workspaceId: WorkspaceId, numberOrId: string): Promise<CapturedMail | undefined>;
  /** A captured mail's bytes by tracking number or by the captured mail's id. */
  capturedBytes(workspaceId: WorkspaceId, numberOrId: string): Promise<Uint8Array | undefined>;
}

/** The recipient's page of a delivery, for its sender to look at. */
export type PageUrlOf = (workspaceId: WorkspaceId, deliveryId: DeliveryId) => string;
