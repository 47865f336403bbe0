import type { Event, Place } from '@waybill/sdk';
import { type ActorKind, kindOf } from './actor-words.ts';
import { countryName, placeName } from './origin-words.ts';

/** A mark on the map is never finer than what is known: a dot for a city, a shape for a country. */
export interface MapMark {
  name: string;
  kind: ActorKind;
  grain: 'city' | 'country';
  country?: string;
  /** longitude, latitude */
  point?: [number, number];
  count: number;
}

export interface MapMarks {
  marks: MapMark[];
  /** Signs that came through a proxy, which hides the reader's place. */
  hiddenByProxy: number;
  /** Signs from the local network, which is on no map. */
  local: number;
  /** Fetches by machines: where a data centre stands says nothing about the reader. */
  machines: number;
}

/** Where signs came from, as far as that says something about a reader. */
export function mapMarks(events: readonly Event[]): MapMarks {
  const result: MapMarks = { marks: [], hiddenByProxy: 0, local: 0, machines: 0 };
  for (const event of events) {
    if ((event.type !== 'opened' && event.type !== 'clicked') || event.actor === 'self') continue;
    const kind = kindOf(event.actor);
    if (kind === 'machine') result.machines += 1;
    else if (event.network?.kind === 'image-proxy') result.hiddenByProxy += 1;
    else if (event.place?.grain === 'local-network') result.local += 1;
    else add(result.marks, event.place, kind);
  }
  return result;
}

function add(marks: MapMark[], place: Place | undefined, kind: ActorKind): void {
  const mark = markOf(place, kind);
  if (mark === undefined) return;
  const known = marks.find((other) => other.name === mark.name && other.kind === kind);
  if (known === undefined) marks.push(mark);
  else known.count += 1;
}

function markOf(place: Place | undefined, kind: ActorKind): MapMark | undefined {
  if (place === undefined || place.country === undefined) return undefined;
  const point: [number, number] | undefined =
    place.latitude === undefined || place.longitude === undefined
      ? undefined
      : [place.longitude, place.latitude];
  if (place.grain === 'city' && point !== undefined) {
    return {
      name: placeName(place) ?? place.country,
      kind,
      grain: 'city',
      country: place.country,
      point,
      count: 1,
    };
  }
  // A region has no shape on a map of countries; the country that contains it is the honest mark.
  const name = placeName(place) ?? countryName(place.country);
  return {
    name,
    kind,
    grain: 'country',
    country: place.country,
    ...(point === undefined ? {} : { point }),
    count: 1,
  };
}
