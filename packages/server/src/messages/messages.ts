/** Messages, deliveries, their timeline, and how hits become events on it. The room's public file. */
export type {
  HandedOver,
  LinksLeft,
  MailDelivery,
  MessageStore,
  NewMail,
  QueueEntry,
  ReturnPathEntry,
  TrackedLink,
  TransportState,
} from './message.ts';
export { Timeline, type Change, type PreparedHits, type PreparedLookup } from './timeline.ts';
export type { TransportFact } from './transport-fact.ts';
export type {
  DeliveryRecord,
  HitsWant,
  LookAhead,
  Past,
  Recording,
  Rest,
  Sighting,
  StoredEvent,
  StoredHit,
  TimelineSnapshot,
  TimelineStore,
  TimelineWant,
  TimelineWork,
  TransactionPart,
} from './timeline-store.ts';
export { isTelling, SIGHTING_MS } from './context.ts';
export { fewEvents, NEWEST_EVENTS } from './few-events.ts';
export { HostCheck, type ReverseNames } from './host-check.ts';
export { rejudge, type RejudgeProgress, type RejudgeScope, type RejudgeStore } from './rejudge.ts';
export { HitProcessor } from './hit-processor.ts';
export type { ProcessingMetrics } from './processing-measures.ts';
export { firstVerdict, SENDER_ADDRESS_MS } from './interpret.ts';
export { areAlone } from './past.ts';
export { listAddresses, type SharedAddresses, type SharedBecause } from './shared-address.ts';
export { isUniqueMessageId, readMessageId } from './message-id-header.ts';
export { newTrackingNumber, parseTrackingNumber } from './tracking-number.ts';
