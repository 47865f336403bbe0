import type { Actor, Reason } from '@waybill/sdk';

/** Whom a piece of evidence can point to. `unknown` is what is left when the evidence does not decide. */
export type Suspect = Exclude<Actor, 'unknown'>;

/**
 * One observation that points to an actor. `weight` is the natural logarithm of a likelihood ratio: how many times
 * (e^weight) likelier this is seen when `toward` made the hit than when anybody else did. 1 is weak, 2.5 probable,
 * 5 strong, 7 certain; a negative weight speaks against. `text` is one sentence for people.
 */
export interface Evidence {
  toward: Suspect;
  weight: number;
  code: string;
  text: string;
}

/** Log of how common each actor is before anything is known of a hit, relative to a person. */
const PRIOR: Readonly<Record<Suspect, number>> = {
  human: 0,
  scanner: 0,
  'human-via-proxy': -1,
  prefetch: -1,
  automation: -1,
  'preview-bot': -2,
  self: -3,
};
const SUSPECTS = Object.keys(PRIOR) as Suspect[];
/** The same in the order of `SUSPECTS`, for the sums of each hit. */
const PRIORS = SUSPECTS.map((suspect) => PRIOR[suspect]);
const INDEX = Object.fromEntries(SUSPECTS.map((suspect, index) => [suspect, index])) as Record<
  Suspect,
  number
>;

/** Below this the likeliest actor is not named: two explanations compete, or nothing is known. */
export const NAMING_THRESHOLD = 0.6;
/** Nothing that is inferred from a request is certain. */
const MOST_CERTAIN = 0.99;

export interface Conclusion {
  actor: Actor;
  confidence: number;
  reasons: Reason[];
}

/**
 * The one rule that turns evidence into an actor: independent pieces of evidence add up as log likelihood ratios
 * on top of the prior; the share of each actor in the sum of exponentials is its probability (Bayes' rule under
 * independence). The likeliest actor is named if its probability reaches {@link NAMING_THRESHOLD}, else it is
 * `unknown` with confidence 0.
 */
export function conclude(evidence: readonly Evidence[]): Conclusion {
  const scores = PRIORS.slice();
  for (const { toward, weight } of evidence) {
    const suspect = INDEX[toward];
    scores[suspect] = (scores[suspect] ?? 0) + weight;
  }
  let best = 0;
  for (let suspect = 1; suspect < scores.length; suspect += 1)
    if ((scores[suspect] ?? 0) > (scores[best] ?? 0)) best = suspect;
  let total = 0;
  for (const score of scores) total += Math.exp(score - (scores[best] ?? 0));
  const probability = 1 / total;
  const actor = SUSPECTS[best];
  if (actor === undefined || probability < NAMING_THRESHOLD) {
    return { actor: 'unknown', confidence: 0, reasons: undecided(evidence) };
  }
  const confidence = Math.round(Math.min(MOST_CERTAIN, probability) * 1000) / 1000;
  return { actor, confidence, reasons: arranged(evidence, actor) };
}

function undecided(evidence: readonly Evidence[]): Reason[] {
  const reasons = arranged(evidence, undefined);
  return [
    reasons.length === 0
      ? { code: 'nothing-known', text: 'Too little is known of this request to say who made it.' }
      : {
          code: 'undecided',
          text: 'The signs do not agree on who made this request, so Waybill does not guess.',
        },
    ...reasons,
  ];
}

/** Supporting evidence first, then what speaks against it, each strongest first; each code once. */
function arranged(evidence: readonly Evidence[], actor: Suspect | undefined): Reason[] {
  const supports = ({ toward, weight }: Evidence): number => (toward === actor && weight > 0 ? 1 : 0);
  const ordered =
    evidence.length < 2
      ? evidence
      : evidence.toSorted((a, b) => supports(b) - supports(a) || Math.abs(b.weight) - Math.abs(a.weight));
  const reasons: Reason[] = [];
  for (const { code, text, weight } of ordered) {
    if (weight !== 0 && !reasons.some((reason) => reason.code === code)) reasons.push({ code, text });
  }
  return reasons;
}
