import type { Client, Network, Place } from '@waybill/sdk';

const countries = new Intl.DisplayNames(['en'], { type: 'region' });

/** `Switzerland` for `CH`; the code itself when it is no region the browser knows. */
export function countryName(code: string): string {
  try {
    return countries.of(code.toUpperCase()) ?? code;
  } catch {
    return code;
  }
}

/** `Bern, Switzerland`, or undefined when the place is unknown. */
export function placeName(place: Place | undefined): string | undefined {
  if (place === undefined || place.grain === 'unknown') return undefined;
  if (place.grain === 'local-network') return 'local network';
  const country = place.country === undefined ? undefined : countryName(place.country);
  const finest =
    place.grain === 'city'
      ? (place.city ?? place.region)
      : place.grain === 'region'
        ? place.region
        : undefined;
  const names = [finest, country].filter((name) => name !== undefined && name !== '');
  return names.length === 0 ? undefined : names.join(', ');
}

/** `in Bern, Switzerland`, `on the local network`, or undefined. */
export function placePhrase(place: Place | undefined): string | undefined {
  const name = placeName(place);
  if (name === undefined) return undefined;
  return place?.grain === 'local-network' ? 'on the local network' : `in ${name}`;
}

/** `Google` for `Google LLC`: people know the brand, not the legal form. */
export function ownerName(network: Network | undefined): string | undefined {
  const owner = network?.owner?.trim();
  if (owner === undefined || owner === '') return undefined;
  return owner.replace(
    /[,\s]+(?:LLC|L\.L\.C\.|Inc\.?|Ltd\.?|Limited|GmbH|AG|SA|S\.A\.|B\.V\.|Corp\.?|Corporation|plc)$/i,
    '',
  );
}

/** `behind Google’s image proxy`, or undefined when nothing stood in between. */
export function proxyPhrase(network: Network | undefined): string | undefined {
  if (network?.kind !== 'image-proxy' && network?.kind !== 'privacy-relay') return undefined;
  const kind = network.kind === 'image-proxy' ? 'image proxy' : 'privacy relay';
  const owner = ownerName(network);
  if (owner === undefined)
    return network.kind === 'image-proxy' ? 'behind an image proxy' : 'behind a privacy relay';
  // Some owners are named after what they run: `Google image proxy`, `Apple iCloud Private Relay`.
  if (/\b(?:proxy|relay)$/i.test(owner)) return `behind ${owner}`;
  return `behind ${owner}${owner.endsWith('s') ? '’' : '’s'} ${kind}`;
}

function isNamed(client: Client | undefined): client is Client {
  return client !== undefined && client.name !== '' && client.name.toLowerCase() !== 'unknown';
}

/** `Apple Mail on iOS`, for sentences; undefined when the program is unknown. */
export function programName(client: Client | undefined): string | undefined {
  if (!isNamed(client)) return undefined;
  return client.os === undefined ? client.name : `${client.name} on ${client.os}`;
}

/** `Apple Mail 18.2 on iOS`, for timelines; zeros at a version's end say nothing. */
export function clientName(client: Client | undefined): string | undefined {
  if (!isNamed(client)) return undefined;
  const version = client.version?.replace(/(?:\.0)+$/, '');
  return programName({ ...client, name: version === undefined ? client.name : `${client.name} ${version}` });
}

/** `phone` or `desktop`; undefined where it says nothing of a reader. */
export function deviceName(client: Client | undefined): string | undefined {
  return client?.device === undefined || client.device === 'unknown' ? undefined : client.device;
}
