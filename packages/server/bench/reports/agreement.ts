import type { Outcome } from './compare.ts';

/** One outcome and by whom its truth is known. */
export interface Counted extends Outcome {
  truthBy: string;
}

/** Of one field: how many agree, of how many, and in which range the true share lies. */
export function agreementLine(label: string, outcomes: readonly Counted[]): string {
  const good = outcomes.filter(({ agrees }) => agrees).length;
  const total = outcomes.length;
  const [low, high] = wilson(good, total);
  const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
  return `${label.padEnd(40)} ${String(good).padStart(4)} ${String(total).padStart(4)}  ${percent(good / Math.max(1, total))}  ${percent(low)}–${percent(high).trimStart()}`;
}

/** 95 % score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927). */
function wilson(good: number, total: number): [low: number, high: number] {
  if (total === 0) return [0, 1];
  const z = 1.96;
  const share = good / total;
  const centre = share + z ** 2 / (2 * total);
  const spread = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const scale = 1 + z ** 2 / total;
  return [(centre - spread) / scale, (centre + spread) / scale];
}
