import type { Verdict, VerdictState } from '@waybill/sdk';
import { ladder, verdictTone } from '../deliveries/verdict-words.ts';

export interface MessageVerdict {
  /** The strongest verdict among the deliveries, or undefined when there are none. */
  best: Verdict | undefined;
  /** How many deliveries have this state or, for people's signs, a stronger one. */
  count: number;
  total: number;
  /** Deliveries that failed or came back while others went on. */
  troubled: number;
}

/** One line for a message with several recipients: the best sign, how many share it, and what went wrong. */
export function messageVerdict(verdicts: readonly Verdict[]): MessageVerdict {
  const rank = (state: VerdictState) => ladder.indexOf(state);
  let best: Verdict | undefined;
  for (const verdict of verdicts) {
    if (best === undefined || rank(verdict.state) > rank(best.state)) best = verdict;
  }
  const tone = best === undefined ? 'none' : verdictTone(best.state);
  const count =
    tone === 'person'
      ? verdicts.filter((verdict) => verdictTone(verdict.state) === 'person').length
      : verdicts.filter((verdict) => verdict.state === best?.state).length;
  const troubled = verdicts.filter((verdict) => verdictTone(verdict.state) === 'trouble').length;
  return { best, count, total: verdicts.length, troubled: tone === 'trouble' ? 0 : troubled };
}
