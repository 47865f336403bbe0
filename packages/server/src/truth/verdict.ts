import type { Actor, EventType, Reason, Verdict, VerdictState } from '@waybill/sdk';
import { LOOK_BACK_S } from './sequence.ts';
import { spoken } from './time.ts';

export interface DeliveryEvent {
  /** ms since 1970 */
  at: number;
  type: EventType;
  /** Absent where the privacy mode keeps none. */
  actor?: Actor;
  confidence?: number;
  reasons?: readonly Reason[];
  /** Further ones of its kind that it stands for, none of them more certain; when the last one was, ms since 1970. */
  alike?: { count: number; leastConfidence: number; lastAt: number };
}

export interface DeliveryHistory {
  transport: 'queued' | 'captured' | 'sent' | 'delivered' | 'failed' | 'bounced';
  /** Why the copy carries no pixel and no links of ours. */
  untouched?: Reason;
  /** Several people read what goes to this address. */
  shared?: Reason;
  events: readonly DeliveryEvent[];
  /** When the recipient objected, ms since 1970. */
  objectedAt?: number;
  /** ms since 1970 */
  now: number;
}

/** A click is settled after this hold: the rest of a burst would have come by then. */
const CLICK_HOLD_MS = 10_000;
/** An opening can be relabelled by a burst that follows within the look-back. */
const OPEN_HOLD_MS = LOOK_BACK_S * 1000;
/** From here on an opening counts as read. */
const READ_CONFIDENCE = 0.9;

/** Of a copy that several people share: that one of them read it is not that all did. */
const SHARED_CONFIDENCE = 0.9;
/** Nothing that is inferred is certain. */
const MOST_CERTAIN = 0.99;

const OPENED_BY_PERSON: Reason = { code: 'opened-by-person', text: 'A person opened your mail.' };
const RECEIPT_TOO: Reason = {
  code: 'receipt-too',
  text: 'A receipt says so as well. A receipt can be forged; together the two are surer than each alone.',
};

/** A sign and the state that it supports. */
interface Sign {
  state: VerdictState;
  confidence: number;
  reason: Reason;
  event: DeliveryEvent;
}

/** Of a delivery's signs the highest counts; a later weaker one never lowers it. */
const LADDER: readonly VerdictState[] = ['loaded', 'probably-read', 'read', 'clicked', 'replied'];

/**
 * What is known of a delivery from all its events (the ladder of states, weakest to strongest: transport, `loaded`,
 * `probably-read`, `read`, `clicked`, `replied`; `failed` and `bounced` when nothing speaks of a reader; `objected`
 * always). The sender's own hits count for nothing.
 *
 * The confidence is the probability that the state is true: 1 for what the mail system or the recipient said
 * themselves, otherwise that of the best sign. For `loaded` it is the certainty that machines alone did it.
 *
 * @returns with `settleAt`, when to compute again (ms since 1970), while later hits may still change the judgement
 */
export function verdictOf(history: DeliveryHistory): Verdict & { settleAt?: number } {
  const { objectedAt, events, now } = history;
  if (objectedAt !== undefined) {
    return fixed('objected', {
      code: 'objected',
      text: 'The recipient objected to tracking. Nothing has been recorded since.',
    });
  }
  const signs = events.map(signOf).filter((found) => found !== undefined);
  const strongest = highest(signs);
  if (strongest === undefined) return withoutSigns(history);
  const best = confirmed(strongest, signs);
  const reasons = reasonsOf(best, signs);
  if (history.transport === 'bounced' || history.transport === 'failed') {
    if (best.state === 'loaded')
      return { ...withoutSigns(history), reasons: [...withoutSigns(history).reasons, ...reasons] };
  }
  const confidence = confidenceOf(best, signs, history);
  if (history.shared !== undefined) reasons.push(history.shared);
  const settleAt = settlingTime(signs, now);
  return {
    state: best.state,
    confidence,
    reasons,
    settled: settleAt === undefined,
    ...(settleAt === undefined ? {} : { settleAt }),
  };
}

function confidenceOf(best: Sign, signs: readonly Sign[], { shared }: DeliveryHistory): number {
  if (best.state === 'loaded') return machinesAlone(signs);
  return shared === undefined ? best.confidence : Math.min(best.confidence, SHARED_CONFIDENCE);
}

function signOf(event: DeliveryEvent): Sign | undefined {
  const { type } = event;
  if (type === 'opened' || type === 'clicked') return hitSign(event);
  if (type === 'replied') {
    return sign(event, 'replied', event.confidence ?? 0.99, 'replied', 'The recipient answered your mail.');
  }
  // A report that gives reasons but no confidence speaks of no reader: a receipt "deleted", for example.
  if (event.confidence === undefined && (event.reasons ?? []).length > 0) return undefined;
  if (type === 'receipt') {
    return sign(
      event,
      'probably-read',
      event.confidence ?? 0.85,
      'receipt',
      'The recipient’s mail program sent a read receipt.',
    );
  }
  if (type === 'complained') {
    return sign(
      event,
      'probably-read',
      event.confidence ?? 0.8,
      'complained',
      'The recipient reported the mail as unwanted, so they saw at least that it came.',
    );
  }
  return undefined;
}

function hitSign(event: DeliveryEvent): Sign | undefined {
  const { actor, type } = event;
  const confidence = event.confidence ?? 0;
  switch (actor) {
    case 'self':
      return undefined;
    case 'human':
      if (type === 'clicked')
        return sign(
          event,
          'clicked',
          confidence,
          'clicked-by-person',
          'A person followed a link in your mail.',
        );
      return confidence >= READ_CONFIDENCE
        ? { event, state: 'read', confidence, reason: OPENED_BY_PERSON }
        : sign(event, 'probably-read', confidence, 'opened-by-person', 'Probably a person opened your mail.');
    case 'human-via-proxy':
      return sign(
        event,
        'probably-read',
        confidence,
        'opened-through-proxy',
        'Your mail was opened through a proxy that hides the reader.',
      );
    case undefined:
      return sign(
        event,
        'loaded',
        0.5,
        'kept-private',
        `Your mail’s ${type === 'opened' ? 'image was loaded' : 'link was followed'}. The privacy mode keeps nothing more of it.`,
      );
    case 'unknown':
      return sign(
        event,
        'loaded',
        0.5,
        'loaded-by-unknown',
        `The ${type === 'opened' ? 'image was loaded' : 'link was followed'}, but by whom cannot be told.`,
      );
    default:
      return sign(
        event,
        'loaded',
        confidence,
        'loaded-by-machine',
        `Only machines have ${type === 'opened' ? 'loaded the image' : 'followed a link'} so far. That says nothing about reading.`,
      );
  }
}

function sign(
  event: DeliveryEvent,
  state: VerdictState,
  confidence: number,
  code: string,
  text: string,
): Sign {
  return { event, state, confidence, reason: { code, text } };
}

function highest(signs: readonly Sign[]): Sign | undefined {
  let best: Sign | undefined;
  for (const candidate of signs) {
    const step = LADDER.indexOf(candidate.state) - (best === undefined ? -1 : LADDER.indexOf(best.state));
    if (step > 0 || (step === 0 && candidate.confidence > (best?.confidence ?? 0))) best = candidate;
  }
  return best;
}

/**
 * An opening and a person's receipt are two independent words on the same reading: wrong only if both are. Together
 * they make a person's opening "read"; who it was behind a proxy stays open.
 */
function confirmed(best: Sign, signs: readonly Sign[]): Sign {
  if (best.state !== 'probably-read' && best.state !== 'read') return best;
  const receipt = highest(signs.filter(({ event }) => event.type === 'receipt' && event.actor === 'human'));
  const opening = highest(
    signs.filter(({ event, state }) => event.type === 'opened' && state !== 'loaded' && state !== 'clicked'),
  );
  if (receipt === undefined || opening === undefined) return best;
  const certain = 1 - (1 - opening.confidence) * (1 - receipt.confidence);
  const confidence = Math.round(Math.min(MOST_CERTAIN, certain) * 1000) / 1000;
  const isRead = opening.event.actor === 'human' && confidence >= READ_CONFIDENCE;
  return {
    event: { ...opening.event, reasons: [RECEIPT_TOO, ...(opening.event.reasons ?? [])] },
    state: isRead ? 'read' : opening.state,
    confidence,
    reason: isRead ? OPENED_BY_PERSON : opening.reason,
  };
}

/** `loaded` is right if every single hit was a machine's; the least certain one decides. */
function machinesAlone(signs: readonly Sign[]): number {
  return signs.reduce((least, { confidence, event: { actor, alike } }) => {
    // Of an unknown one the confidence says nothing.
    const isNamed = alike !== undefined && actor !== undefined && actor !== 'unknown';
    return Math.min(least, confidence, isNamed ? alike.leastConfidence : 1);
  }, 1);
}

/** The state in a sentence, what its best sign rests on, and what else machines did. */
function reasonsOf(best: Sign, signs: readonly Sign[]): Reason[] {
  const reasons = [best.reason, ...(best.event.reasons ?? [])];
  if (best.state !== 'loaded') {
    const machines = signs.reduce(
      (sum, { state, event }) => (state === 'loaded' ? sum + 1 + (event.alike?.count ?? 0) : sum),
      0,
    );
    if (machines > 0) {
      reasons.push({
        code: 'machines-too',
        text: `${machines === 1 ? 'One more request was' : `${machines} more requests were`} not counted: ${machines === 1 ? 'it was' : 'they were'} not a person’s, or it cannot be told.`,
      });
    }
  }
  return reasons.filter(({ code }, i) => reasons.findIndex((other) => other.code === code) === i);
}

/** When the last hold ends; undefined when all have. */
function settlingTime(signs: readonly Sign[], now: number): number | undefined {
  let latest = -Infinity;
  for (const { event } of signs) {
    if (event.type !== 'opened' && event.type !== 'clicked') continue;
    const lastAt = Math.max(event.at, event.alike?.lastAt ?? 0);
    latest = Math.max(latest, lastAt + (event.type === 'clicked' ? CLICK_HOLD_MS : OPEN_HOLD_MS));
  }
  return latest > now ? latest : undefined;
}

function withoutSigns({ transport, untouched, shared, events, now }: DeliveryHistory): Verdict {
  const reasons: Reason[] = [TRANSPORT[transport]];
  const trouble =
    transport === 'failed' || transport === 'bounced'
      ? events.findLast((e) => e.type === 'bounced')
      : undefined;
  if (trouble?.reasons !== undefined) reasons.push(...trouble.reasons);
  if (transport === 'sent' || transport === 'delivered' || transport === 'captured') {
    if (untouched !== undefined) {
      reasons.push(untouched, {
        code: 'nothing-to-see',
        text: 'This copy went out unchanged, so Waybill cannot see whether it is opened.',
      });
    } else {
      reasons.push({
        code: 'no-sign',
        text: 'No image was loaded yet. That proves nothing: many mail programs block images.',
      });
    }
    if (shared !== undefined) reasons.push(shared);
    const own = events.findLast(({ actor }) => actor === 'self');
    if (own !== undefined) {
      reasons.push({
        code: 'own-view',
        text: `You looked at it yourself ${own.at > now ? 'just now' : `${spoken((now - own.at) / 1000)} ago`}; that does not count.`,
      });
    }
  }
  return fixed(transport, ...reasons);
}

function fixed(state: VerdictState, ...reasons: Reason[]): Verdict {
  return { state, confidence: 1, reasons, settled: true };
}

const TRANSPORT: Readonly<Record<DeliveryHistory['transport'], Reason>> = {
  queued: { code: 'queued', text: 'The mail waits to be handed to the mail server.' },
  captured: { code: 'captured', text: 'The mail is in the demo inbox. It was not sent to anybody.' },
  sent: { code: 'sent', text: 'The mail server took the mail over.' },
  delivered: { code: 'delivered', text: 'The recipient’s mail system confirmed the delivery.' },
  failed: { code: 'failed', text: 'The mail could not be sent.' },
  bounced: { code: 'bounced', text: 'The recipient’s mail system sent the mail back.' },
};
