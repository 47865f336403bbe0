import type { StoredHit } from './timeline-store.ts';

/** What the event of a hit names as its source. */
export function hitSource(hit: Pick<StoredHit, 'epoch' | 'seq' | 'source'>): string {
  return (hit.source ??= `hit:${hit.epoch}:${hit.seq}`);
}
