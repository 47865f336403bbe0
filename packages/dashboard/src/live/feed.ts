import type { StreamEvent } from '@waybill/sdk';
import { eventKey } from '../api/live-patch.ts';
import { kindOf } from '../deliveries/actor-words.ts';

export type FeedFilter = 'all' | 'people';

const byPeople = (event: StreamEvent) =>
  kindOf(event.actor) === 'person' || event.type === 'replied' || event.type === 'receipt';

/** What the feed shows, newest first, and how many events a pause holds back above it. */
export function feedOf(
  events: readonly StreamEvent[],
  { pausedAt, show }: { pausedAt: string | undefined; show: FeedFilter },
): { shown: StreamEvent[]; held: number } {
  const wanted = show === 'people' ? events.filter(byPeople) : [...events];
  if (pausedAt === undefined) return { shown: wanted, held: 0 };
  const start = events.findIndex((event) => eventKey(event) === pausedAt);
  // Paused on an empty feed: everything since is held.
  const before = new Set(start === -1 ? events : events.slice(0, start));
  const shown = wanted.filter((event) => !before.has(event));
  return { shown, held: wanted.length - shown.length };
}
