/**
 * Who was it really? Pure judgement over data tables: no clock, no network, no state but a memory of parsed
 * User-Agents. Layers (`identity`, `network`, `request`, `time`, `sequence`, `context`) give evidence; `evidence.ts` has the one
 * rule that combines it.
 */
import { contextEvidence } from './context.ts';
import { conclude, type Evidence } from './evidence.ts';
import { factsOf, type HitFacts } from './hit-facts.ts';
import { identityEvidence } from './identity.ts';
import { isCalm } from './meeting.ts';
import { networkEvidence } from './network.ts';
import type { Judgement, Lookup, Observation } from './observation.ts';
import type { Opening } from './opening.ts';
import { clientOf, placeOf } from './place.ts';
import { requestEvidence } from './request.ts';
import { withQuotedCopies } from './quoted-copy.ts';
import { sequenceEvidence } from './sequence.ts';
import { BEFORE_SENDING, isBeforeSending, timeEvidence } from './time.ts';

export type { Judgement, Lookup, Observation, RangeName } from './observation.ts';
export { isLocalAddress, parseAddress, type Address } from './address.ts';
export { tellingSuffix } from './host-name.ts';
export {
  AFTER_MEETING_MS,
  isCalm,
  lastMeeting,
  MEETING_MS,
  PACE_LINKS,
  PACE_MS,
  type Click,
} from './meeting.ts';
export { readersOpening, type Opening } from './opening.ts';
export { readInterval } from './read-interval.ts';
export { sharedCopy } from './shared-copy.ts';
export { verdictOf, type DeliveryHistory } from './verdict.ts';

/** Stored with every judged event; raised whenever a rule, weight or table changes what is judged. */
export const RULES_VERSION = 6;

/**
 * Judges all hits of one delivery together, in any order of time.
 *
 * @returns one judgement per observation, in their order
 */
export function judge(sequence: readonly Observation[], lookup: Lookup): Judgement[] {
  return withQuotedCopies(
    sequence,
    judgeWhere(sequence, lookup, () => true).filter((judgement) => judgement !== undefined),
  );
}

/**
 * The same for hits of which most were judged before: those are judged again only when another hit says something of
 * them, or when what is known beyond the delivery does.
 *
 * @param isNew whether the observation at this index was never judged, or not with all that it now says itself
 * @returns what {@link judge} gives; undefined where the last judgement holds
 */
export function judgeNew(
  sequence: readonly Observation[],
  lookup: Lookup,
  isNew: (index: number) => boolean,
): (Judgement | undefined)[] {
  // After an answer each opening is compared with those before it.
  if (sequence.some(({ afterReply }) => afterReply === true)) return judge(sequence, lookup);
  if (sequence.every(saysNothingOfOthers)) {
    return sequence.map((observation, index) =>
      isNew(index) ? judgeOne(factsOf(observation, lookup), [], lookup) : undefined,
    );
  }
  return judgeWhere(sequence, lookup, isNew);
}

function judgeWhere(
  sequence: readonly Observation[],
  lookup: Lookup,
  isNew: (index: number) => boolean,
): (Judgement | undefined)[] {
  const hits = sequence.map((observation) => factsOf(observation, lookup));
  const [only] = hits;
  if (only !== undefined && hits.length === 1) {
    const isTrap = only.observation.honeypot === true && !isBeforeSending(only);
    const [alone = []] = isTrap ? sequenceEvidence(hits) : [];
    return [isNew(0) || alone.length > 0 ? judgeOne(only, alone, lookup) : undefined];
  }
  // A sender who tries out all links before sending must not make the reader's hits look like a scanner's.
  const sent = hits.filter((hit) => !isBeforeSending(hit));
  const together = new Map(sequenceEvidence(sent).map((evidence, index) => [sent[index], evidence]));
  return hits.map((hit, index) => {
    const others = together.get(hit) ?? [];
    return isNew(index) || others.length > 0 ? judgeOne(hit, others, lookup) : undefined;
  });
}

/**
 * The same for hits of which it is known that they meet none of those before them, but for openings.
 * @see lastMeeting
 */
export function judgeAlone(
  hits: readonly Observation[],
  lookup: Lookup,
  openings: readonly Opening[],
): Judgement[] {
  const facts = hits.map((observation) => factsOf(observation, lookup));
  const sent = facts.filter((hit) => !isBeforeSending(hit));
  const together = new Map(
    sequenceEvidence(sent, openings).map((evidence, index) => [sent[index], evidence]),
  );
  return facts.map((hit) => judgeOne(hit, together.get(hit) ?? [], lookup));
}

/** An image that was plainly asked for, by no scanner of that name: no rule draws on it when no other hit is of another kind. */
export function saysNothingOfOthers(
  hit: Pick<Observation, 'kind' | 'method' | 'honeypot' | 'userAgent'>,
): boolean {
  return hit.kind === 'open' && isCalm(hit);
}

function judgeOne(hit: HitFacts, together: readonly Evidence[], lookup: Lookup): Judgement {
  const { actor, confidence, reasons } = conclude(
    isBeforeSending(hit) ? [BEFORE_SENDING] : evidenceOf(hit, together),
  );
  return {
    actor,
    confidence,
    reasons,
    client: clientOf(hit, actor),
    network: hit.network,
    place: placeOf(hit, actor, lookup),
  };
}

function evidenceOf(hit: HitFacts, together: readonly Evidence[]): Evidence[] {
  const evidence = [...identityEvidence(hit), ...networkEvidence(hit)];
  for (const layer of [requestEvidence(hit), timeEvidence(hit), contextEvidence(hit), together]) {
    if (layer.length > 0) evidence.push(...layer);
  }
  return evidence;
}
