import type { StoredEvent } from './timeline-store.ts';

/** So many of a delivery's hits are looked at one by one; what makes thousands must not make each judgement longer. */
export const NEWEST_EVENTS = 64;

/**
 * Events with no more than so many of the newest of hits. Of each kind of the older ones (what it was, and by
 * whom) the most certain stands for all, and says for how many: verdicts and rules come out the same.
 *
 * @param events oldest first, or nearly so
 */
export function fewEvents(events: readonly StoredEvent[], newest = NEWEST_EVENTS): StoredEvent[] {
  const ofHits = events.filter(isOfHit).toSorted((a, b) => a.at - b.at);
  const older = new Set(ofHits.slice(0, Math.max(0, ofHits.length - newest)));
  if (older.size === 0) return [...events];
  const kinds = Map.groupBy(older, ({ type, actor }) => `${type} ${actor ?? ''}`);
  const standing = new Map([...kinds.values()].map((kind) => [mostCertain(kind), summed(kind)]));
  return events.flatMap((event) => {
    if (!older.has(event)) return [event];
    const alike = standing.get(event);
    return alike === undefined ? [] : [{ ...event, alike }];
  });
}

function isOfHit({ source }: StoredEvent): boolean {
  return source.startsWith('hit:');
}

/** The earliest of these. */
function mostCertain([first, ...rest]: readonly StoredEvent[]): StoredEvent | undefined {
  let best = first;
  for (const event of rest) if ((event.confidence ?? 0) > (best?.confidence ?? 0)) best = event;
  return best;
}

function summed(kind: readonly StoredEvent[]): NonNullable<StoredEvent['alike']> {
  return {
    count: kind.reduce((sum, { alike }) => sum + 1 + (alike?.count ?? 0), -1),
    leastConfidence: kind.reduce(
      (least, { confidence = 0, alike }) => Math.min(least, confidence, alike?.leastConfidence ?? 1),
      1,
    ),
    lastAt: kind.reduce((last, { at, alike }) => Math.max(last, at, alike?.lastAt ?? 0), 0),
  };
}
