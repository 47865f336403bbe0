import { hitSource } from './hit-source.ts';
import type { DeliveryRecord, StoredHit } from './timeline-store.ts';

/** An identical request within this of another is the same opening or click, ms. */
const REFETCH_MS = 1_000;

/**
 * Programs fetch the same thing twice in a moment: a reload, a retry, a preview beside the window. Requests of one source
 * (address and all headers) for one thing by one method within a second are one event. All stay raw hits; those after
 * the first say whose repetition they are. No rule of the judgement draws on identical requests. A HEAD is no opening,
 * so there is nothing to merge. Nor is what came before the mail was sent, or answered, the same as what came after it.
 *
 * @param delivery with its stored hits, none of them a repetition
 * @param fresh hits of the same delivery, oldest first
 * @returns of each fresh hit the source of the one that it repeats, where it does
 */
export function refetchesAmong(
  { hits: before, sentAt, events }: Pick<DeliveryRecord, 'hits' | 'sentAt' | 'events'>,
  fresh: readonly StoredHit[],
): Map<StoredHit, string> {
  const answers = events.filter(({ type }) => type === 'replied');
  const isSame = (first: StoredHit, hit: StoredHit): boolean =>
    isIdentical(first, hit) &&
    (sentAt === null || first.at < sentAt === hit.at < sentAt) &&
    answers.every(({ at }) => first.at > at === hit.at > at);
  const refetches = new Map<StoredHit, string>();
  const from = (fresh[0]?.at ?? 0) - REFETCH_MS;
  const until = (fresh.at(-1)?.at ?? 0) + REFETCH_MS;
  const firsts = before.filter(({ at }) => at > from && at < until);
  for (const hit of fresh) {
    const first = hit.method === 'HEAD' ? undefined : firsts.find((other) => isSame(other, hit));
    if (first === undefined) firsts.push(hit);
    else refetches.set(hit, hitSource(first));
  }
  return refetches;
}

function isIdentical(first: StoredHit, hit: StoredHit): boolean {
  return (
    isSoon(first, hit) &&
    first.kind === hit.kind &&
    first.method === hit.method &&
    first.ip === hit.ip &&
    first.linkIndex === hit.linkIndex &&
    first.url === hit.url &&
    hasSameHeaders(first.headers, hit.headers)
  );
}

function isSoon(first: StoredHit, hit: StoredHit): boolean {
  return Math.abs(hit.at - first.at) < REFETCH_MS;
}

function hasSameHeaders(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
