import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { ReportAction, ReportKind } from './report.ts';

/** A message that may be a report, and how it came here. */
export interface IncomingReport {
  raw: Uint8Array;
  /** ms since 1970 */
  receivedAt: number;
  via: 'inbound' | 'mailbox';
  /** Whose mailbox it was in; only deliveries of this workspace are matched then. */
  workspaceId?: WorkspaceId;
  /** Envelope recipient. */
  sentTo?: string;
  /** Unique for this message: the same key twice is one report. Default: a hash of the message and its recipient. */
  key?: string;
}

/** What tied a report to a delivery, strongest first. */
export type MatchedBy = 'verp' | 'envelope-id' | 'message-id' | 'tracking';

export interface MatchedDelivery {
  deliveryId: DeliveryId;
  trackingNumber: string;
  by: MatchedBy;
  /** What a mail system did with the copy, by its own word. */
  action?: ReportAction;
}

export interface TakenReport {
  kind: ReportKind;
  matched: MatchedDelivery[];
}
