import type { DeliveryDetail, Event } from '@waybill/sdk';

/** A delivery with what its verdict and its way need of the events that did not come with it. */
export function withMilestones(delivery: DeliveryDetail): DeliveryDetail {
  return delivery.earlier === undefined
    ? delivery
    : { ...delivery, events: [...delivery.earlier.milestones, ...delivery.events] };
}

/** Whether an event is among those that did not come with the delivery. */
export function isEarlier(event: Event, { earlier, events }: DeliveryDetail): boolean {
  const [oldest] = events;
  return earlier !== undefined && oldest !== undefined && event.at < oldest.at;
}
