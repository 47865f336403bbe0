import type { Mode } from '@waybill/sdk';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { IncomingReport, TakenReport } from './taken-report.ts';
import type { Report } from './report.ts';

/** A delivery that a report may be about. */
export interface ReportedDelivery {
  deliveryId: DeliveryId;
  messageId: MessageId;
  trackingNumber: string;
  /** Bare address. */
  recipient: string;
  /** The author's mailbox, as in `From`. */
  author: string;
  mode: Mode;
  /** The recipient objected to tracking. */
  objected: boolean;
}

/** How deliveries are looked for. */
export type ReportClue =
  | { kind: 'delivery'; id: string }
  | { kind: 'message'; id: string }
  /** ENVID of RFC 3461, as the sender of the mail gave it. */
  | { kind: 'envelope-id'; envelopeId: string }
  /** `Message-ID` of the mail, with angle brackets. */
  | { kind: 'message-id'; header: string };

/** What is kept of a report. */
export interface ReportRecord extends TakenReport {
  key: string;
  workspaceId: WorkspaceId;
  via: IncomingReport['via'];
  receivedAt: number;
  /** Without what a privacy mode does not keep. */
  parsed: Partial<Report>;
}

/** Port. */
export interface ReportStore {
  /** What came of a report that was taken before. */
  taken(key: string): Promise<TakenReport | undefined>;
  /** Deliveries of one workspace, those of the newest message first; at most 1,000. */
  find(workspaceId: WorkspaceId, clue: ReportClue): Promise<ReportedDelivery[]>;
  /** Durable when it resolves; a report of a known key changes nothing. */
  remember(record: ReportRecord): Promise<void>;
}
