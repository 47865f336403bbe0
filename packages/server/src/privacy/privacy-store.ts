import type { Event, Mode } from '@waybill/sdk';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';

/** What is recorded of a delivery, as its recipient may see it. */
export interface RecordedDelivery {
  deliveryId: DeliveryId;
  recipient: string;
  subject: string;
  from: string;
  mode: Mode;
  /** ms */
  createdAt: number;
  sentAt: number | null;
  addressRetentionDays: number | null;
  /** When this recipient objected; null when they did not. */
  objectedAt: number | null;
  /** Oldest first. */
  events: Event[];
}

/** Of a message whose copies all carry the same token: nobody can be told apart. */
export interface RecordedMessage {
  messageId: MessageId;
  subject: string;
  from: string;
  createdAt: number;
  sentAt: number | null;
  opened: number;
  clicked: number;
}

/** What the page's token leads to. */
export type Recorded =
  { kind: 'delivery'; delivery: RecordedDelivery } | { kind: 'message'; message: RecordedMessage };

/** A row of hits or events whose address is to be made coarse. */
export interface AddressRow {
  table: 'hits' | 'events';
  key: string;
  ip: string;
  /** JSON Place, of events. */
  place: string | null;
}

/** Port. */
export interface PrivacyStore {
  recordedDelivery(workspaceId: WorkspaceId, subject: string): Promise<RecordedDelivery | undefined>;
  recordedMessage(workspaceId: WorkspaceId, subject: string): Promise<RecordedMessage | undefined>;
  /**
   * One transaction: the objection of an address, and for every delivery to it in this workspace that it is
   * objected, a deny entry for the edge, and that its verdict is to be computed again at once.
   * Repeating it changes nothing. @returns the time of the first objection
   */
  object(objection: {
    workspaceId: WorkspaceId;
    recipient: string;
    deliveryId: DeliveryId;
    at: number;
  }): Promise<number>;
  /** Which of the addresses have objected; addresses are compared in lower case and come back in it. */
  objectedAmong(workspaceId: WorkspaceId, addresses: readonly string[]): Promise<ReadonlySet<string>>;

  /** Workspaces whose policy truncates addresses, with its days. */
  workspacesWithRetention(): Promise<{ workspaceId: WorkspaceId; days: number }[]>;
  /** Up to `limit` rows of a time in `[from, before)` whose address or place is finer than the policy allows by then. */
  fineAddresses(range: {
    table: AddressRow['table'];
    workspaceId: WorkspaceId;
    from: number;
    before: number;
    limit: number;
  }): Promise<AddressRow[]>;
  /** One transaction. */
  writeAddresses(rows: readonly AddressRow[]): Promise<void>;

  /** Workspaces whose policy deletes raw hits, with its days. */
  workspacesWithHitRetention(): Promise<{ workspaceId: WorkspaceId; days: number }[]>;
  /** Deletes up to `limit` hits of before that time, the oldest first. One transaction. @returns how many */
  deleteHits(range: { workspaceId: WorkspaceId; before: number; limit: number }): Promise<number>;
}
