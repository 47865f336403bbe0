import type { DeliveryDetail, Event, Message, MessageSummary, Page, StreamEvent } from '@waybill/sdk';
import { isEarlier } from '../deliveries/earlier-events.ts';

/** The stream's event as it stands in a delivery's timeline. */
export function eventOf(streamed: StreamEvent): Event {
  const {
    position: _position,
    trackingNumber: _trackingNumber,
    messageId: _messageId,
    subject: _subject,
    recipient: _recipient,
    verdict: _verdict,
    ...event
  } = streamed;
  return event;
}

const sameEvent = (a: Event, b: Event) => a.at === b.at && a.type === b.type && a.link === b.link;

/** What stays the same of an event when it is judged anew and gets a new position. */
export function eventKey(streamed: StreamEvent): string {
  return `${streamed.trackingNumber} ${streamed.at} ${streamed.type} ${streamed.link ?? ''}`;
}

/** A hit, whoever made it, or an answer: what the lists call a sign. */
export function isSign(event: Event): boolean {
  return ['opened', 'clicked', 'receipt', 'auto-replied', 'replied'].includes(event.type);
}

/** The delivery with one more event; unchanged when it has the event already. */
export function patchDelivery(delivery: DeliveryDetail, streamed: StreamEvent): DeliveryDetail {
  if (delivery.trackingNumber !== streamed.trackingNumber) return delivery;
  const event = eventOf(streamed);
  const known = delivery.events.some((other) => sameEvent(other, event));
  return {
    ...delivery,
    verdict: streamed.verdict,
    // An event that comes again was judged anew and takes the place of its former self.
    events: known
      ? delivery.events.map((other) => (sameEvent(other, event) ? event : other))
      : [...delivery.events, ...(isEarlier(event, delivery) ? [] : [event])],
  };
}

export function patchMessage(message: Message, streamed: StreamEvent): Message {
  if (message.id !== streamed.messageId) return message;
  return {
    ...message,
    deliveries: message.deliveries.map((delivery) =>
      delivery.trackingNumber === streamed.trackingNumber
        ? { ...delivery, verdict: streamed.verdict }
        : delivery,
    ),
  };
}

export function patchSummary(summary: MessageSummary, streamed: StreamEvent): MessageSummary {
  if (summary.id !== streamed.messageId) return summary;
  const sign = isSign(streamed) ? streamed.at : null;
  return {
    ...summary,
    lastSignAt: sign ?? summary.lastSignAt,
    deliveries: summary.deliveries.map((delivery) =>
      delivery.trackingNumber === streamed.trackingNumber
        ? { ...delivery, verdict: streamed.verdict, lastSignAt: sign ?? delivery.lastSignAt }
        : delivery,
    ),
  };
}

/** The newest page with the event on top; one that was judged anew stays where it was, with its new judgement. */
export function prependEvent(pages: Page<StreamEvent>[], streamed: StreamEvent): Page<StreamEvent>[] {
  const [first, ...rest] = pages;
  if (first === undefined) return pages;
  const same = (other: StreamEvent) => eventKey(other) === eventKey(streamed);
  if (pages.some((page) => page.items.some(same))) {
    return pages.map((page) => ({
      ...page,
      items: page.items.map((other) => (same(other) ? streamed : other)),
    }));
  }
  return [{ ...first, items: [streamed, ...first.items] }, ...rest];
}
