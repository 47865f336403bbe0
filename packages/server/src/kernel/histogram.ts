/** How often what was measured fell below each bound; the form of Prometheus' histograms. */
export interface HistogramCounts {
  /** Ascending upper bounds with the number of values up to each, in all. */
  buckets: { bound: number; count: number }[];
  count: number;
  sum: number;
}

/** Cheap enough for every commit and request: one comparison per bound, nothing is allocated. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** Of each bound by itself, and of what is above all. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  counts(): HistogramCounts {
    let count = 0;
    const buckets = this.#bounds.map((bound, at) => ({ bound, count: (count += this.#counts[at] ?? 0) }));
    return { buckets, count: count + (this.#counts[this.#bounds.length] ?? 0), sum: this.#sum };
  }

  /** As plain numbers that can be added up over processes: `<name>_le_<bound>`, `<name>_count`, `<name>_sum`. */
  flat(name: string): Record<string, number> {
    const { buckets, count, sum } = this.counts();
    const entries = buckets.map((bucket) => [`${name}_le_${bucket.bound}`, bucket.count] as const);
    return { ...Object.fromEntries(entries), [`${name}_count`]: count, [`${name}_sum`]: sum };
  }
}

/** @returns undefined when the numbers hold no histogram of that name @see Histogram.flat */
export function histogramFrom(
  numbers: Readonly<Record<string, number>>,
  name: string,
): HistogramCounts | undefined {
  const count = numbers[`${name}_count`];
  if (count === undefined) return undefined;
  const prefix = `${name}_le_`;
  const buckets = Object.entries(numbers)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => ({ bound: Number(key.slice(prefix.length)), count: value }))
    .toSorted((a, b) => a.bound - b.bound);
  return { buckets, count, sum: numbers[`${name}_sum`] ?? 0 };
}
