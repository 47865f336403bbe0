import type { DeliveryId, MessageId, WorkspaceId } from '../../src/kernel/ids.ts';
import type { DeliveryRecord } from '../../src/messages/messages.ts';

/** A tracked copy that went out at time 0 and that nobody has asked for, unless it says otherwise. */
export function deliveryRecord(changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    id: '1' as DeliveryId,
    workspaceId: 1 as WorkspaceId,
    messageId: '0'.repeat(32) as MessageId,
    trackingNumber: 'WB-0000-0000-0000',
    recipient: 'ann@example.net',
    subject: '',
    mode: 'full',
    source: 'submission',
    transport: 'sent',
    untouched: null,
    verdict: { state: 'sent', confidence: 1, reasons: [], settled: true },
    createdAt: 0,
    sentAt: 0,
    objectedAt: null,
    shared: null,
    linkCount: 0,
    hits: [],
    events: [],
    ...changes,
  };
}
