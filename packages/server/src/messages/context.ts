import type { DeliveryId } from '../kernel/ids.ts';
import { isTrap } from '../tracking/tracking.ts';
import { isLocalAddress, parseAddress, type Observation } from '../truth/truth.ts';
import type { Sighting, StoredHit } from './timeline-store.ts';

/**
 * What is known beyond a delivery when its hits are judged. Raw hits only, never judgements: these change with the
 * rules, and judging again would lead to something else each time.
 */
export interface Surroundings {
  /** Links that were followed in any copy of the workspace, by address. */
  sightings: ReadonlyMap<string, readonly Sighting[]>;
  /** Hits on earlier mails to the same recipient. */
  earlierHits: ReadonlyMap<DeliveryId, readonly StoredHit[]>;
}

/** What a source is holds for longer than a sweep over a mailing takes. */
export const SIGHTING_MS = 3_600_000;

/** Whether what its address does elsewhere says anything: of a click, and not where everybody has the same address. */
export function isTelling({ kind, ip }: Pick<StoredHit, 'kind' | 'ip'>): boolean {
  if (kind !== 'click' || ip === undefined) return false;
  const address = parseAddress(ip);
  return address === undefined || !isLocalAddress(address);
}

/** The hit's surroundings as the judgement wants to see them. */
export function surroundingsOf(
  hit: StoredHit,
  deliveryId: DeliveryId,
  { sightings, earlierHits }: Surroundings,
): Pick<Observation, 'elsewhere' | 'earlier'> {
  const others = (isTelling(hit) ? (sightings.get(hit.ip ?? '') ?? []) : []).filter(
    ({ deliveryId: other, at }) => other !== deliveryId && Math.abs(at - hit.at) <= SIGHTING_MS,
  );
  // Who follows what nobody can see is no reader to be known by.
  const earlier = (earlierHits.get(deliveryId) ?? []).filter((other) => other.at < hit.at && !isTrap(other));
  return {
    ...(others.length === 0 ? {} : { elsewhere: others.map((other) => seen(other, hit.at)) }),
    ...(earlier.length === 0 ? {} : { earlier: earlier.map(observed) }),
  };
}

function seen({ deliveryId, at, linkIndex, userAgent }: Sighting, thenMs: number) {
  return {
    copy: deliveryId,
    secondsApart: (at - thenMs) / 1000,
    ...(linkIndex === undefined ? {} : { link: linkIndex }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

function observed({ kind, method, headers, ip }: StoredHit): Observation {
  return {
    kind,
    method,
    headers,
    userAgent: headers['user-agent'] ?? '',
    ...(ip === undefined ? {} : { ip }),
  };
}
