import type { Event, Place } from '@waybill/sdk';
import type { RecipientWords } from './recipient-page-words.ts';

/** `23 November 2026 at 14:02 UTC`: without scripts nobody knows the reader's time zone. */
export function formatTime(time: number | string, { locale }: Pick<RecipientWords, 'locale'>): string {
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(new Date(time))} UTC`;
}

/** One event in plain words; `byPerson`: it is taken for the recipient's own doing. */
export function describeEvent(
  event: Event,
  words: RecipientWords,
): { what: string; details: string[]; byPerson: boolean } {
  const { details: names } = words;
  const details = [whenOf(event, words)];
  const add = (name: string, value: string): void => void details.push(`${name}${names.colon}${value}`);
  if (event.actor !== undefined) details.push(words.actors[event.actor]);
  if (event.place !== undefined) add(names.place, placeOf(event.place, words));
  if (event.client !== undefined) add(names.program, clientOf(event.client, words));
  if (event.ip !== undefined) add(names.address, event.ip);
  if (event.network?.owner !== undefined) add(names.network, event.network.owner);
  if (event.link !== undefined) add(names.link, event.link);
  return {
    what: words.events[event.type],
    details,
    byPerson: event.actor === 'human' || event.actor === 'human-via-proxy',
  };
}

/** An opening that is recorded by its day only stands at midnight and has no actor. */
function whenOf(event: Event, words: RecipientWords): string {
  const isDayOnly =
    event.actor === undefined && event.type === 'opened' && event.at.endsWith('T00:00:00.000Z');
  if (!isDayOnly) return formatTime(event.at, words);
  return new Intl.DateTimeFormat(words.locale, { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(event.at),
  );
}

function placeOf(place: Place, { locale, details }: RecipientWords): string {
  if (place.grain === 'local-network') return details.ownNetwork;
  const country = place.country === undefined ? undefined : countryName(place.country, locale);
  const parts = [place.city, place.region, country].filter((part) => part !== undefined);
  return parts.length === 0 ? details.placeUnknown : parts.join(', ');
}

function countryName(code: string, locale: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

function clientOf({ name, version, os }: NonNullable<Event['client']>, { details }: RecipientWords): string {
  const program = version === undefined ? name : `${name} ${version}`;
  return os === undefined ? program : details.programOn(program, os);
}
