import type { Actor, Event } from '@waybill/sdk';

/** The three ways a sign is drawn: people are solid circles, machines outlined squares, the rest dotted. */
export type ActorKind = 'person' | 'machine' | 'nobody';

export function kindOf(actor: Actor | undefined): ActorKind {
  switch (actor) {
    case 'human':
    case 'human-via-proxy':
      return 'person';
    case 'prefetch':
    case 'scanner':
    case 'preview-bot':
    case 'automation':
      return 'machine';
    case 'self':
    case 'unknown':
    case undefined:
      return 'nobody';
  }
}

/** From here on a person's sign is told without "probably". */
const sureFrom = 0.9;

/** Whether a sign may be drawn solid and told without "probably". */
export function isSure(event: Pick<Event, 'actor' | 'confidence'>): boolean {
  return event.actor === 'human' && (event.confidence ?? 1) >= sureFrom;
}

const names: Record<Actor, string> = {
  human: 'A person',
  'human-via-proxy': 'A person, through a proxy',
  prefetch: 'A mail program, in advance',
  scanner: 'A security scanner',
  'preview-bot': 'A preview robot',
  automation: 'A program',
  self: 'You',
  unknown: 'Unknown',
};

export function actorName(actor: Actor | undefined): string {
  return actor === undefined ? 'Unknown' : names[actor];
}

const openings: Record<Actor, string> = {
  human: 'Opened by a person',
  'human-via-proxy': 'Probably opened by a person',
  prefetch: 'Image loaded in advance',
  scanner: 'Image loaded by a scanner',
  'preview-bot': 'Image loaded for a preview',
  automation: 'Image loaded by a program',
  self: 'Your own opening, not counted',
  unknown: 'Image loaded, by whom is unknown',
};

const clicks: Record<Actor, string> = {
  human: 'Link followed by a person',
  'human-via-proxy': 'Link probably followed by a person',
  prefetch: 'Link fetched in advance',
  scanner: 'Link checked by a scanner',
  'preview-bot': 'Link fetched for a preview',
  automation: 'Link fetched by a program',
  self: 'Your own click, not counted',
  unknown: 'Link followed, by whom is unknown',
};

/** Whether this is the hand-over into the demo inbox, which is no sending. */
export function isCapture(event: Pick<Event, 'type' | 'reasons'>): boolean {
  return event.type === 'relayed' && event.reasons?.some(({ code }) => code === 'captured') === true;
}

/** An event's line in a timeline, in words. */
export function eventTitle(event: Pick<Event, 'type' | 'actor' | 'confidence' | 'reasons'>): string {
  // An unsure person is told like a person behind a proxy: probably.
  const actor = event.actor === 'human' && !isSure(event) ? 'human-via-proxy' : (event.actor ?? 'unknown');
  switch (event.type) {
    case 'opened':
      return openings[actor];
    case 'clicked':
      return clicks[actor];
    case 'accepted':
      return 'Accepted by Waybill';
    case 'relayed':
      return isCapture(event) ? 'Put into the demo inbox' : 'Handed to the next mail server';
    case 'deferred':
      return 'Put off by the receiving server';
    case 'delivered':
      return 'Delivered to the mailbox’s server';
    case 'bounced':
      return 'Came back';
    case 'receipt':
      return 'Reading receipt came back';
    case 'auto-replied':
      return 'Automatic reply came back';
    case 'replied':
      return 'Answered';
    case 'complained':
      return 'Reported as unwanted';
    case 'objected':
      return 'Recipient objected to tracking';
  }
}
