import type { Rule, RuleTrigger, Verdict } from '@waybill/sdk';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import { isPerson, type NotedEvent, type OutboxEntry } from './notification.ts';

/** An event with the unique name of the fact that it was made from. */
export interface SourcedEvent extends NotedEvent {
  source: string;
}

/** One event that was added to a delivery's timeline, or judged anew. */
export interface Change {
  /** The delivery as it was before the transaction that this change is part of. */
  delivery: {
    workspaceId: WorkspaceId;
    messageId: MessageId;
    trackingNumber: string;
    recipient: string;
    subject: string;
    verdict: Verdict;
    events: readonly SourcedEvent[];
  };
  event: SourcedEvent;
  /** All events of the delivery after the transaction. */
  events: readonly SourcedEvent[];
  /** The verdict after the transaction. */
  verdict: Verdict;
}

/**
 * What is to be sent because of a change. Pure, to be called inside the transaction that writes the event.
 * Machines, the sender's own hits and hits of unknown origin never notify; a re-judged event notifies once,
 * when it becomes a person's. A channel hears of one change once, from the most telling of its rules.
 */
export function matchRules(rules: readonly Rule[], change: Change): OutboxEntry[] {
  const { delivery, event, verdict } = change;
  const entries = new Map<string, OutboxEntry>();
  for (const trigger of triggersOf(change)) {
    for (const rule of rules) {
      if (!rule.enabled || rule.trigger !== trigger) continue;
      for (const channelId of rule.channelIds) {
        if (entries.has(channelId)) continue;
        entries.set(channelId, {
          workspaceId: delivery.workspaceId,
          channelId,
          idempotencyKey: `${rule.id}:${channelId}:${occasion(trigger, change)}`,
          notification: {
            trigger,
            workspaceId: delivery.workspaceId,
            messageId: delivery.messageId,
            trackingNumber: delivery.trackingNumber,
            recipient: delivery.recipient,
            subject: delivery.subject,
            event: noted(event),
            verdict,
          },
        });
      }
    }
  }
  return [...entries.values()];
}

/** The triggers that a change pulls, the most telling first. */
function triggersOf(change: Change): RuleTrigger[] {
  const { event, verdict, delivery } = change;
  if (event.type === 'objected') return ['objection'];
  if (event.type === 'complained' || isBounce(event)) return ['trouble'];
  if (isTrouble(verdict) && !isTrouble(delivery.verdict)) return ['trouble'];
  if (!isSign(event) || wasSignBefore(change)) return [];
  const first: RuleTrigger[] = isFirstSign(change) ? ['first-open'] : [];
  return [...first, event.type === 'clicked' ? 'click' : 'every-open'];
}

/** What happened, as the last part of the key: a name per delivery for what can happen to it only once. */
function occasion(trigger: RuleTrigger, { delivery, event }: Change): string {
  switch (trigger) {
    case 'trouble':
      return `${delivery.trackingNumber}:${event.type === 'complained' ? 'complaint' : trigger}`;
    case 'first-open':
    case 'objection':
      return `${delivery.trackingNumber}:${trigger}`;
    case 'every-open':
    case 'click':
      return event.source;
  }
}

/** Of a list's addresses one alone is no bounce of the copy. */
function isBounce({ type, reasons }: SourcedEvent): boolean {
  return type === 'bounced' && reasons?.[0]?.code !== 'one-of-several';
}

function isTrouble(verdict: Verdict): boolean {
  return verdict.state === 'bounced' || verdict.state === 'failed';
}

const SIGNS: readonly SourcedEvent['type'][] = ['opened', 'clicked', 'receipt', 'replied'];

/**
 * A person's opening, click, receipt or answer: whoever followed a link or answered has the mail open, images blocked
 * or not. A receipt that speaks of no reader has no confidence.
 */
function isSign(event: SourcedEvent): boolean {
  if (event.type === 'receipt' && event.confidence === undefined) return false;
  return SIGNS.includes(event.type) && isPerson(event.actor);
}

function wasSignBefore({ delivery, event }: Change): boolean {
  return delivery.events.some((before) => before.source === event.source && isSign(before));
}

/** Several events may become a person's in one transaction; only the earliest of them is the first. */
function isFirstSign({ delivery, event, events }: Change): boolean {
  if (delivery.events.some(isSign)) return false;
  return !events.some((other) => other.source !== event.source && isSign(other) && precedes(other, event));
}

function precedes(a: SourcedEvent, b: SourcedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.source < b.source);
}

/** Only what a notification tells: an event of another room may carry more. */
function noted(event: SourcedEvent): NotedEvent {
  const { at, type, actor, confidence, reasons, place, client, network, ip, link } = event;
  return {
    at,
    type,
    ...(actor === undefined ? {} : { actor }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(reasons === undefined ? {} : { reasons }),
    ...(place === undefined ? {} : { place }),
    ...(client === undefined ? {} : { client }),
    ...(network === undefined ? {} : { network }),
    ...(ip === undefined ? {} : { ip }),
    ...(link === undefined ? {} : { link }),
  };
}
