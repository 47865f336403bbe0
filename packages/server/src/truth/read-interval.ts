import type { ReadInterval, VerdictState } from '@waybill/sdk';

/** Copies of which the same is known. */
export interface CopyGroup {
  state: VerdictState;
  /** Of the verdict. */
  confidence: number;
  /** The copy carries no pixel and no links of ours. */
  untouched: boolean;
  count: number;
}

/** A quantile of the normal distribution: one lower bound in forty is too high. */
const Z = 1.96;
/** Beyond this many uncertain copies the sum is as good as normal. */
const EXACT_COPIES = 1000;

const READ_STATES: ReadonlySet<VerdictState> = new Set(['probably-read', 'read', 'clicked', 'replied']);
/** Not out, or come back: nobody can have read these. */
const NOT_THERE: ReadonlySet<VerdictState> = new Set(['queued', 'captured', 'failed', 'bounced']);

/**
 * How many of these copies were read, as far as it can be known. `atLeast` holds with 97.5 % if the confidences of the
 * verdicts are right: the copies with a person's sign are so many independent coins, and this is a lower quantile of
 * their sum (Poisson's binomial distribution). `atMost` excludes only what did not arrive, for no sign is no sign of
 * anything: images are blocked, and machines load them for people who read as for people who don't.
 */
export function readInterval(groups: readonly CopyGroup[]): ReadInterval {
  const there = groups.filter(({ state }) => !NOT_THERE.has(state));
  const read = there.filter(({ state }) => READ_STATES.has(state));
  const of = countOf(there);
  const signs = countOf(read);
  const unseen = there.filter(({ state, untouched }) => untouched && !READ_STATES.has(state));
  const machinesOnly = countOf(there.filter(({ state, untouched }) => state === 'loaded' && !untouched));
  return {
    of,
    atLeast: surely(read),
    atMost: of,
    signs,
    machinesOnly,
    untouched: countOf(unseen),
    noSign: of - signs - machinesOnly - countOf(unseen),
  };
}

function countOf(groups: readonly CopyGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function surely(groups: readonly CopyGroup[]): number {
  const mean = groups.reduce((sum, { confidence, count }) => sum + confidence * count, 0);
  if (countOf(groups) > EXACT_COPIES) {
    const variance = groups.reduce((sum, { confidence: p, count }) => sum + p * (1 - p) * count, 0);
    return Math.max(0, Math.floor(mean - Z * Math.sqrt(variance) - 0.5));
  }
  // chances[k]: that exactly k of the copies so far were read.
  let chances = [1];
  for (const { confidence: p, count } of groups) {
    for (let copy = 0; copy < count; copy += 1) {
      const next = [...chances, 0].map(
        (same, k) => same * (1 - p) + (k === 0 ? 0 : (chances[k - 1] ?? 0) * p),
      );
      chances = next;
    }
  }
  let fewer = 0;
  let least = 0;
  // Fewer than `least` copies were read with a chance of at most one in forty.
  while (least < chances.length - 1 && fewer + (chances[least] ?? 0) <= 0.025) {
    fewer += chances[least] ?? 0;
    least += 1;
  }
  return least;
}
