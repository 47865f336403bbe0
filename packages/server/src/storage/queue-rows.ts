import type { QueueEntry } from '../messages/messages.ts';
import { destinationOf } from '../relay/relay.ts';

/** A copy as it enters the queue; columns that are null are left out. */
export function newQueueRow(
  entry: QueueEntry & {
    workspaceId: number;
    messageId: string | null;
    sizeBytes: number;
    createdAt: number;
  },
) {
  const claimed = entry.claimed === true;
  return {
    id: entry.id,
    workspace_id: entry.workspaceId,
    delivery_id: entry.deliveryId,
    message_id: entry.messageId,
    content_id: entry.contentId,
    envelope_from: entry.envelopeFrom,
    envelope_to: entry.envelopeTo,
    envelope_options: entry.envelopeOptions,
    state: claimed ? 'sending' : 'ready',
    attempts: claimed ? 1 : 0,
    next_attempt_at: entry.createdAt,
    created_at: entry.createdAt,
    expires_at: entry.expiresAt,
    destination: destinationOf(entry.envelopeTo),
    size_bytes: entry.sizeBytes,
  };
}
