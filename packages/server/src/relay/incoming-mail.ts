import type { Mode } from '@waybill/sdk';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { Envelope } from './envelope.ts';
import type { Permission } from './permission.ts';
import type { ReceiptRequest } from './return-path.ts';

/** A mail that Waybill is to send. */
export interface IncomingMail {
  workspaceId: WorkspaceId;
  raw: Uint8Array;
  envelope: Envelope;
  source: 'submission' | 'filter' | 'api';
  /** What the caller asks for; a header of the mail itself counts more. */
  mode?: Mode;
  /** The same for receipts. */
  receipts?: ReceiptRequest;
  /** For a caller that may repeat itself: a second mail of the same id is a `conflict`. */
  messageId?: MessageId;
  /** From {@link MailIntake.ask}, a moment ago, for these recipients; asked for when it is not given. */
  permission?: Promise<Permission> | undefined;
}
