import type { Disclosure, Mode, Reason, UntouchedLink } from '@waybill/sdk';
import { newDeliveryId, type MessageId, type RandomBytes, type WorkspaceId } from '../kernel/ids.ts';
import { newTrackingNumber, type MailDelivery, type TrackedLink } from '../messages/messages.ts';
import { copyPlan, instrumentOptions, trackedLinks, type TrackingContext } from './copy-plan.ts';
import { instrumentHtml, type PreparedHtml } from './instrument/instrument.ts';
import { reason } from './instrument/reasons.ts';
import { RECIPIENT_OBJECTED, TRACKING_OFF } from './untouched.ts';

export interface Snippet {
  copies: {
    delivery: MailDelivery;
    /** To paste; undefined when the mail has no HTML. */
    html: string | undefined;
  }[];
  /** The same for all copies. */
  links: TrackedLink[];
  /** Why copies that are tracked have no pixel; null when they have one. */
  noPixel: Reason | null;
  /** The same for all copies that are tracked. */
  untouchedLinks: UntouchedLink[];
}

/** Instruments the HTML of a mail for each recipient; its author pastes and sends it. */
export function makeSnippet(
  given: {
    context: TrackingContext;
    random: RandomBytes;
    workspaceId: WorkspaceId;
    messageId: MessageId;
    mode: Mode;
    disclosure: Disclosure;
  },
  /** Undefined of a mail without HTML. */
  document: PreparedHtml | undefined,
  recipients: readonly {
    address: string;
    objected: boolean;
    /** Of a copy that was made before: the same again. */
    known?: Pick<MailDelivery, 'id' | 'trackingNumber'>;
  }[],
): Snippet {
  const { context, random, workspaceId, messageId, mode } = given;
  const html = document?.html;
  const links = new Map<number, TrackedLink>();
  let untouchedLinks: UntouchedLink[] = [];
  let noPixel: Reason | null = null;
  const copies = recipients.map(({ address, objected, known }) => {
    const { id, trackingNumber } = known ?? {
      id: newDeliveryId(random),
      trackingNumber: newTrackingNumber(random),
    };
    const untouched = whyUntouched(mode, html, objected);
    const delivery = { id, trackingNumber, recipient: address, untouched };
    if (untouched !== null || mode === 'off' || document === undefined) {
      return { delivery: { ...delivery, pixelUrl: null }, html };
    }
    // What is pasted is written on: words could come to stand in a link that nobody can see.
    const plan = copyPlan({ ...context, trapLink: false }, workspaceId, {
      subject: mode === 'aggregate' ? messageId : id,
      mode,
      // A header field cannot be pasted.
      disclosure: given.disclosure === 'footer' ? 'footer' : 'none',
    });
    const result = instrumentHtml(document, instrumentOptions(context, workspaceId, plan));
    for (const link of trackedLinks(result)) links.set(link.index, link);
    ({ untouchedLinks, pixelReason: noPixel } = result);
    return {
      delivery: { ...delivery, pixelUrl: result.pixel === null ? null : plan.pixelUrl },
      html: result.html,
    };
  });
  return { copies, links: [...links.values()], noPixel, untouchedLinks };
}

function whyUntouched(mode: Mode, html: string | undefined, objected: boolean): Reason | null {
  if (mode === 'off') return TRACKING_OFF;
  if (html === undefined) return reason('plain-text-only');
  return objected ? RECIPIENT_OBJECTED : null;
}
