import type { CreateMessage, Mode, Reason } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { newDeliveryId, systemRandom, type DeliveryId, type MessageId, type WorkspaceId } from '../kernel/ids.ts';
import { newTrackingNumber, type MailDelivery, type NewMail, type TrackedLink } from '../messages/messages.ts';
import { copyPlan, trackedLinks } from './accept.ts';
import { distinctRecipients, type CopyPlan } from './envelope.ts';
import { instrumentHtml } from './instrument/instrument.ts';
import { instrumentOptions, type TrackingContext } from './pipeline.ts';

/** A mail that its author sends by other means, with the HTML of each copy. */
export interface Snippet {
  mail: NewMail;
  /** By delivery; absent where the mail has no HTML. */
  html: Map<DeliveryId, string>;
}

const PLAIN: Reason = {
  code: 'plain-text-only',
  text: 'The mail has no HTML part, and plain text carries no image.',
};
const OFF: Reason = { code: 'mode-off', text: 'Tracking is off for this mail.' };
const OBJECTED: Reason = {
  code: 'recipient-objected',
  text: 'The recipient objected to tracking, so this copy carries nothing.',
};

export interface SnippetPolicy {
  mode: Mode;
  disclosure: CopyPlan['disclosure'];
  /** Addresses that objected, in lower case. */
  objected: ReadonlySet<string>;
}

/** Instruments the HTML for each recipient. Pure but for fresh ids and the clock. */
export function makeSnippet(
  context: TrackingContext,
  request: { workspaceId: WorkspaceId; messageId: MessageId; recipients: string[]; message: CreateMessage },
  policy: SnippetPolicy,
  clock: Clock,
): Snippet {
  const { workspaceId, messageId, message } = request;
  const deliveries: MailDelivery[] = [];
  const links = new Map<number, TrackedLink>();
  const html = new Map<DeliveryId, string>();
  for (const { address } of distinctRecipients(request.recipients.map((address) => ({ address })))) {
    const id = newDeliveryId();
    const untouched = untouchedReason(message, address, policy);
    let pixel: string | null = null;
    if (message.html !== undefined) {
      const made =
        untouched === null && policy.mode !== 'off'
          ? instrumentHtml(
              message.html,
              instrumentOptions(
                context,
                workspaceId,
                copyPlan(
                  context,
                  workspaceId,
                  policy.mode === 'aggregate' ? messageId : id,
                  policy.mode,
                  policy.disclosure,
                ),
              ),
            )
          : undefined;
      pixel = made?.pixel ?? null;
      for (const link of trackedLinks(made)) links.set(link.index, link);
      html.set(id, made?.html ?? message.html);
    }
    deliveries.push({
      id,
      trackingNumber: newTrackingNumber(systemRandom),
      recipient: address,
      pixelUrl: pixel,
      untouched,
    });
  }
  const mail: NewMail = {
    messageId,
    workspaceId,
    from: message.from,
    to: message.to,
    cc: message.cc ?? [],
    subject: message.subject,
    messageIdHeader: null,
    mode: policy.mode,
    source: 'snippet',
    sizeBytes: Buffer.byteLength(message.html ?? message.text ?? ''),
    createdAt: clock(),
    sentAt: null,
    deliveries,
    links: [...links.values()],
  };
  return { mail, html };
}

function untouchedReason(message: CreateMessage, recipient: string, policy: SnippetPolicy): Reason | null {
  if (policy.mode === 'off') return OFF;
  if (policy.objected.has(recipient.toLowerCase())) return OBJECTED;
  return message.html === undefined ? PLAIN : null;
}
