import type { Actor, Client, Place } from '@waybill/sdk';
import type { HitFacts } from './hit-facts.ts';
import type { Lookup } from './observation.ts';

const UNKNOWN: Place = { grain: 'unknown' };

/** Where the reader is, as far as the address can tell: a proxy, relay or scanner hides it. */
export function placeOf(
  { observation, network, ranges, agent }: HitFacts,
  actor: Actor,
  lookup: Lookup,
): Place {
  const { ip } = observation;
  if (ip === undefined) return UNKNOWN;
  if (network.kind === 'local') return { grain: 'local-network' };
  if (actor === 'human-via-proxy' || actor === 'scanner' || actor === 'prefetch' || actor === 'preview-bot')
    return UNKNOWN;
  if (agent.species === 'image-proxy' || network.kind === 'image-proxy' || network.kind === 'security-vendor')
    return UNKNOWN;
  if (network.kind === 'privacy-relay' || ranges.includes('apple-private-relay'))
    return country(lookup.place(ip));
  // The servers of a data centre stand elsewhere than the person who may be behind them.
  if (network.kind === 'hosting' || network.kind === undefined || network.kind === 'unknown')
    return country(lookup.place(ip));
  return lookup.place(ip);
}

/** Apple's relay keeps people's country; a data centre's country is at least true of the address. */
function country(place: Place): Place {
  return place.country === undefined ? UNKNOWN : { grain: 'country', country: place.country };
}

/** What made the request, as far as agent and address can tell: a gateway's browser string is a pose. */
export function clientOf({ agent, ranges, network }: HitFacts, actor: Actor): Client {
  if (agent.species === 'bare' && actor === 'prefetch')
    return { name: 'Apple Mail (privacy proxy)', device: 'unknown' };
  if (agent.species === 'absent' && ranges.includes('google-image-proxy')) {
    return { name: 'Gmail (image proxy)', device: 'server' };
  }
  if (agent.species === 'absent' && ranges.includes('google-special-crawler')) {
    return { name: 'Gmail (prefetch)', device: 'server' };
  }
  if (actor === 'scanner' && agent.species !== 'scanner' && network.kind === 'security-vendor') {
    return { name: network.owner ?? agent.client.name, device: 'server' };
  }
  return agent.client;
}
