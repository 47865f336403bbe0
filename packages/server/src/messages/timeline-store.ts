import type { Event, Reason, Verdict } from '@waybill/sdk';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { OutboxEntry, Rule } from '../notify/notify.ts';
import type { Opening } from '../truth/truth.ts';
import type { TransportState } from './message.ts';
import type { SharedBecause } from './shared-address.ts';

/** A hit as the main store keeps it: raw, as the policy allowed it, for re-judgement. */
export interface StoredHit {
  epoch: string;
  seq: number;
  at: number;
  kind: 'open' | 'click';
  method: string;
  linkIndex?: number;
  url?: string;
  ip?: string;
  headers: Record<string, string>;
  mode: string;
  /** End of the address's host name, where that tells anything; it comes later than the hit. */
  host?: string;
  /** Found out once, by whoever asks first: what is hit often is looked at often. Not stored. */
  source?: string;
  isCalm?: boolean;
  opening?: Opening | null;
}

/** A hit as it is written. */
export interface NewHit extends StoredHit {
  /** Of an identical request right after another: the source of that one's event. */
  refetchOf?: string;
}

/** A link that was followed in some copy of the workspace. */
export interface Sighting {
  deliveryId: DeliveryId;
  ip: string;
  /** ms since 1970 */
  at: number;
  linkIndex?: number;
  userAgent?: string;
}

/** Times are milliseconds UTC. */
export interface StoredEvent extends Omit<Event, 'at' | 'requests'> {
  id: string;
  at: number;
  /** What it was made from, unique: `hit:<epoch>:<seq>`, `day:<delivery>`, `relay:…`, `report:…`, `privacy:…`. */
  source: string;
  rulesVersion: number;
  /** Older ones of its kind that it stands for: how many, the least confidence among them, and when the last one was. */
  alike?: { count: number; leastConfidence: number; lastAt: number };
}

/** A delivery with what a judgement needs to know. */
export interface DeliveryRecord {
  id: DeliveryId;
  workspaceId: WorkspaceId;
  messageId: MessageId;
  trackingNumber: string;
  recipient: string;
  subject: string;
  mode: string;
  source: string;
  transport: TransportState;
  untouched: Reason | null;
  verdict: Verdict;
  createdAt: number;
  /** When this copy was out; null while it is not. */
  sentAt: number | null;
  objectedAt: number | null;
  /** Its address was seen to be a list; null when nothing is known. */
  shared: SharedBecause | null;
  linkCount: number;
  /** The newest ones, oldest first, bounded. */
  hits: StoredHit[];
  /** Oldest first; of hits the newest ones, and of the older ones what {@link fewEvents} leaves. */
  events: StoredEvent[];
  /** Stands for older hits, where fewer are at hand than were made for judging all together. */
  past?: Past;
}

/** What new hits need to know of a delivery's older ones, none of which was of a kind that tells more. */
export interface Past {
  /** Hits from then on are at hand, ms since 1970. */
  since: number;
  /** Links that were followed shortly before, and when last. */
  links: readonly (readonly [index: number, at: number])[];
  /** When clicks last came so close together that they may say something of others; 0 when they never did. */
  metAt: number;
  /** Of each address the first opening that makes it likelier that a click is a reader's; undefined when there are too many. */
  openings: readonly Opening[] | undefined;
}

/** What counting the hits of a message needs to know of it. */
export interface MessageRecord {
  workspaceId: WorkspaceId;
  source: string;
  /** Null while it is not out. */
  sentAt: number | null;
  links: ReadonlyMap<number, string>;
}

/** What one transaction reads. */
export interface TimelineSnapshot {
  deliveries: Map<DeliveryId, DeliveryRecord>;
  /** Messages asked for by id (hits of mode `aggregate`), with their tracked links by index. */
  messages: Map<MessageId, MessageRecord>;
  rules: Map<WorkspaceId, Rule[]>;
  /** Addresses of each sender's own sessions in the last day. */
  senderAddresses: Map<WorkspaceId, ReadonlySet<string>>;
  /** What the addresses of these deliveries' hits did elsewhere in the same workspace. */
  sightings: Map<WorkspaceId, Sighting[]>;
  /** Hits on other mails to the same recipients, the newest ones. */
  earlierHits: Map<DeliveryId, StoredHit[]>;
}

/** What one transaction is to read. */
export interface TimelineWant {
  deliveryIds: readonly DeliveryId[];
  messageIds: readonly MessageId[];
  /** Whether hits are judged, so that what is known beyond the deliveries is read. */
  surroundings?: boolean;
  /** Hits that are about to be recorded: their addresses are looked for elsewhere, too. */
  newHits?: readonly { kind: 'open' | 'click'; ip?: string; at: number; workspaceId: WorkspaceId }[];
}

/** A delivery's hits and events that are still looked at one by one, and what stands for the others. */
export interface Rest {
  hits: StoredHit[];
  events: StoredEvent[];
  past: Past;
}

/** What the same transaction writes. */
export interface TimelineWork {
  hits: { deliveryId: DeliveryId; workspaceId: WorkspaceId; messageId: MessageId; hit: NewHit }[];
  /** Written unless an event of the same source exists. */
  newEvents: {
    workspaceId: WorkspaceId;
    deliveryId: DeliveryId | null;
    messageId: MessageId;
    event: StoredEvent;
  }[];
  /** Re-judged events: they get a new position, so that streams show the change. */
  changedEvents: StoredEvent[];
  /** Judged again with the same outcome: kept as they are put now, at their old position. */
  confirmedEvents: StoredEvent[];
  deliveries: {
    id: DeliveryId;
    messageId: MessageId;
    transport: TransportState;
    verdict: Verdict;
    settleAt: number | null;
    /** At `settleAt` the verdict is settled as it is, unless the addresses of its hits were seen elsewhere by then. */
    settlesPlainly: boolean;
    sentAt: number | null;
    lastSignAt: number | null;
    objectedAt: number | null;
    /** What further hits need to know of it, if that is less than all: what is remembered of it for them. */
    rest?: Rest;
  }[];
  /** Host names that were found for stored hits. */
  hosts?: { epoch: string; seq: number; host: string }[];
  /** How far a run over all deliveries came, as JSON: true exactly when the rest of this work is. */
  progress?: string;
  outbox: OutboxEntry[];
  /** Cursors of the hit log, by epoch. */
  cursors: ReadonlyMap<string, number>;
  /** What these must be until then, absent where there is none yet, or the transaction fails: nothing is passed over. */
  cursorsBefore?: ReadonlyMap<string, number>;
}

declare const made: unique symbol;
/** What another store writes in the timeline's transaction: made by one adapter and done by the other. */
export interface TransactionPart {
  readonly [made]: true;
}

/** A transaction that was decided; {@link TimelineStore.record} may be called again. */
export interface Recording {
  /** Resolves when it is durable. Whoever gets it handles its failure. */
  written: Promise<void>;
}

declare const aheadBrand: unique symbol;
/** What {@link TimelineStore.lookAhead} is reading. */
export interface LookAhead {
  readonly [aheadBrand]: true;
}

/** What recording hits reads. */
export type HitsWant = TimelineWant & {
  newHits: NonNullable<TimelineWant['newHits']>;
  /** The same by their deliveries. */
  newOf: ReadonlyMap<DeliveryId, readonly NewRequest[]>;
};

/** A hit that is not stored yet, as far as it matters whether others are judged with it. */
export type NewRequest = Pick<
  StoredHit,
  'at' | 'kind' | 'method' | 'headers' | 'linkIndex' | 'ip' | 'isCalm'
>;

export interface TimelineStore {
  cursors(): Promise<Map<string, number>>;
  /** Those that a loss of power leaves: what is before them need not be kept elsewhere. */
  durableCursors(): Promise<Map<string, number>>;
  /**
   * One transaction: reads and locks the deliveries, calls `decide` (pure) on what it read, and writes the answer, and
   * `along` behind it. Either all of it happens or nothing. `decide` may be asked again, when what it was told was
   * not true any more.
   *
   * @param along is of a store that can find out again what it wrote: with it, the transaction survives the end of the
   * process, but need not survive a failure of power before the next transaction without it
   */
  transact(
    want: TimelineWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    along?: TransactionPart,
  ): Promise<void>;
  /**
   * The same for hits of the log, one call after the other: resolves when the last one is durable and this one is
   * decided, so that one can be judged while another is written. The work must name `cursorsBefore`: when a write fails,
   * those that were decided behind it fail with it.
   */
  record(
    want: HitsWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    ahead?: LookAhead,
  ): Promise<Recording>;
  /** Begins to read what the recording after the next one will want, while the next one is judged. */
  lookAhead(want: HitsWant): LookAhead | undefined;
  /**
   * Settles verdicts whose hold is over and of which nothing more is known than when they were made.
   * @returns how many there were
   */
  settlePlainly(now: number, limit: number): Promise<number>;
  /** Deliveries whose verdict is to be computed again by now. */
  dueForSettling(now: number, limit: number): Promise<DeliveryId[]>;
}
