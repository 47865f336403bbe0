import type { Actor, Client, Network, Place } from '@waybill/sdk';

/** A `human` judged at least this sure has "read" a mail, below it "probably read" (the verdict ladder's line). */
const SURE = 0.9;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LEGAL_FORM =
  /[\s,]+(?:LLC|L\.L\.C\.|Inc|Ltd|Limited|GmbH|AG|SE|Corp|Corporation|Company|S\.?A|B\.?V|plc)\.?$/i;
// Subjects, host names and client names come from strangers: no control characters, and no marks that turn
// the direction of writing, which could make a line say something else than it does.
// eslint-disable-next-line no-control-regex -- they are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** Made when it is first wanted: it takes as long as loading fifty files. */
let countryNames: Intl.DisplayNames | undefined;

/** Text from outside, safe to put into one line of a mail, an SMS or a terminal. */
export function oneLine(text: string, maxLength = 300): string {
  const clean = text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  const letters = [...clean];
  return letters.length <= maxLength ? clean : `${letters.slice(0, maxLength - 1).join('')}…`;
}

/** `Berlin, Germany`, as exact as the grain allows; undefined when the place is not known. */
export function placeText(place: Place | undefined): string | undefined {
  if (place === undefined || place.grain === 'unknown') return undefined;
  if (place.grain === 'local-network') return 'local network';
  const country = place.country === undefined ? undefined : countryName(place.country);
  const near = place.grain === 'city' ? (place.city ?? place.region) : undefined;
  const parts = [near ?? (place.grain === 'country' ? undefined : place.region), country];
  const text = parts.filter((part) => part !== undefined && part !== '').join(', ');
  return text === '' ? undefined : oneLine(text, 80);
}

/** `Apple Mail 17 on macOS, desktop`. */
export function clientText(client: Client | undefined): string | undefined {
  if (client === undefined || client.name === '') return undefined;
  const name = client.version === undefined ? client.name : `${client.name} ${client.version}`;
  const system = client.os === undefined ? name : `${name} on ${client.os}`;
  const isDeviceKnown = client.device !== undefined && client.device !== 'unknown';
  return oneLine(isDeviceKnown ? `${system}, ${client.device}` : system, 80);
}

/** `Google` for `Google LLC`. */
export function ownerText(network: Network | undefined): string | undefined {
  if (network?.owner === undefined) return undefined;
  return oneLine(network.owner, 60).replace(LEGAL_FORM, '');
}

/** `behind Google's image proxy`; undefined when the reader's own network was seen. */
export function behindText(actor: Actor | undefined, network: Network | undefined): string | undefined {
  if (network?.kind === 'image-proxy') {
    const owner = ownerText(network);
    if (owner === undefined) return 'behind an image proxy';
    // Some owners are named after what they run: `Google image proxy`.
    return /\bproxy$/i.test(owner) ? `behind ${owner}` : `behind ${owner}'s image proxy`;
  }
  if (network?.kind === 'privacy-relay') return 'behind a privacy relay';
  return actor === 'human-via-proxy' ? 'behind a proxy' : undefined;
}

/** True when a sign may be told without "probably". */
export function isSure(actor: Actor | undefined, confidence: number | undefined): boolean {
  return actor === 'human' && (confidence ?? 0) >= SURE;
}

/** Who it was, for people: `a person`, `probably a person`, `a security scanner`. */
export function actorText(actor: Actor | undefined, confidence?: number): string {
  switch (actor) {
    case 'human':
      return isSure(actor, confidence) ? 'a person' : 'probably a person';
    case 'human-via-proxy':
      return 'probably a person, through a proxy';
    case 'prefetch':
      return 'a mail program that loads images in advance';
    case 'scanner':
      return 'a security scanner';
    case 'preview-bot':
      return 'a link preview';
    case 'automation':
      return 'a program';
    case 'self':
      return 'you';
    case 'unknown':
    case undefined:
      return 'unknown';
  }
}

export function percentText(confidence: number): string {
  return `${Math.round(confidence * 100)} %`;
}

/** `23 Nov 2026, 14:02 UTC` */
export function utcText(timeMs: number, options: { seconds?: boolean; year?: boolean } = {}): string {
  const iso = new Date(timeMs).toISOString();
  const date = `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''}`;
  const day = options.year === false ? date : `${date} ${iso.slice(0, 4)},`;
  return `${day} ${iso.slice(11, options.seconds === true ? 19 : 16)} UTC`;
}

function countryName(code: string): string {
  try {
    countryNames ??= new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });
    return countryNames.of(code.toUpperCase()) ?? code;
  } catch {
    return code;
  }
}
