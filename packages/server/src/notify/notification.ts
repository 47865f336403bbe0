import type { Actor, Event, RuleTrigger, Verdict } from '@waybill/sdk';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';

/** An event of a delivery's timeline as this room needs it; times are milliseconds UTC. */
export interface NotedEvent extends Omit<Event, 'at' | 'requests'> {
  at: number;
}

/** Something that happened to a delivery and that a rule asks to be told of. */
export interface DeliveryNotification {
  trigger: RuleTrigger;
  workspaceId: WorkspaceId;
  messageId: MessageId;
  /** Canonical `WB-XXXX-XXXX-XXXC`. */
  trackingNumber: string;
  recipient: string;
  subject: string;
  event: NotedEvent;
  /** What was known of the delivery right after the event. */
  verdict: Verdict;
}

/** Sent by hand from the settings, to see whether a channel works. */
export interface TestNotification {
  trigger: 'test';
  workspaceId: WorkspaceId;
  at: number;
}

export type Notification = DeliveryNotification | TestNotification;

/** One notification on its way to one channel, durable together with the event that caused it. */
export interface OutboxEntry {
  workspaceId: WorkspaceId;
  channelId: string;
  /** `<rule id>:<channel id>:<what happened>`; unique, so that a repeated transaction adds nothing. */
  idempotencyKey: string;
  notification: DeliveryNotification;
}

/** `human` and `human-via-proxy`: the only actors anyone is ever notified of. */
export function isPerson(actor: Actor | undefined): boolean {
  return actor === 'human' || actor === 'human-via-proxy';
}
