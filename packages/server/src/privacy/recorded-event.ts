import type { Event, Place } from '@waybill/sdk';

const TIME = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const COUNTRY = new Intl.DisplayNames('en', { type: 'region' });

/** `23 November 2026 at 14:02 UTC` */
export function formatTime(time: number | string): string {
  return `${TIME.format(new Date(time))} UTC`;
}

const WHAT: Readonly<Record<Event['type'], string>> = {
  accepted: 'Handed over by the sender',
  relayed: 'Sent on its way',
  deferred: 'A mail server asked to try again later',
  delivered: 'Arrived at your mail server',
  bounced: 'Came back as undeliverable',
  opened: 'The image was loaded',
  clicked: 'A link was followed',
  receipt: 'A reading receipt came back',
  'auto-replied': 'An automatic reply came back',
  replied: 'A reply came back',
  complained: 'It was reported as unwanted',
  objected: 'You objected',
};

const BY_WHOM: Readonly<Record<NonNullable<Event['actor']>, string>> = {
  human: 'Taken for you, or whoever reads your mail',
  'human-via-proxy': 'Taken for you, through a server that hides where you are',
  prefetch: 'Taken for a mail service that loads images in advance, not for you',
  scanner: 'Taken for a security check, not for you',
  'preview-bot': 'Taken for a program that makes link previews, not for you',
  automation: 'Taken for a program, not for you',
  self: 'Taken for the sender',
  unknown: 'By whom is not known',
};

/** One event in plain words; `byPerson`: it is taken for the recipient's own doing. */
export function describeEvent(event: Event): { what: string; details: string[]; byPerson: boolean } {
  const details = [whenOf(event)];
  if (event.actor !== undefined) details.push(BY_WHOM[event.actor]);
  if (event.place !== undefined) details.push(`Place: ${placeOf(event.place)}`);
  if (event.client !== undefined) details.push(`Program: ${clientOf(event.client)}`);
  if (event.ip !== undefined) details.push(`Internet address: ${event.ip}`);
  if (event.network?.owner !== undefined) details.push(`Network: ${event.network.owner}`);
  if (event.link !== undefined) details.push(`Link: ${event.link}`);
  return {
    what: WHAT[event.type],
    details,
    byPerson: event.actor === 'human' || event.actor === 'human-via-proxy',
  };
}

/** An opening that is recorded by its day only stands at midnight and has no actor. */
function whenOf(event: Event): string {
  const isDayOnly =
    event.actor === undefined && event.type === 'opened' && event.at.endsWith('T00:00:00.000Z');
  return isDayOnly ? DAY.format(new Date(event.at)) : formatTime(event.at);
}

function placeOf(place: Place): string {
  if (place.grain === 'local-network') return "the sender's own network";
  const country = place.country === undefined ? undefined : countryName(place.country);
  const parts = [place.city, place.region, country].filter((part) => part !== undefined);
  return parts.length === 0 ? 'not known' : parts.join(', ');
}

function countryName(code: string): string {
  try {
    return COUNTRY.of(code) ?? code;
  } catch {
    return code;
  }
}

function clientOf({ name, version, os }: NonNullable<Event['client']>): string {
  const program = version === undefined ? name : `${name} ${version}`;
  return os === undefined ? program : `${program} on ${os}`;
}
