import type { Verdict, VerdictState } from '@waybill/sdk';
import { ladder, verdictTone } from '../deliveries/verdict-words.ts';

export interface MessageVerdict {
  /** What to call the message: its strongest sign, or undefined when it has no deliveries. */
  best: Verdict | undefined;
  /** How many deliveries this is true of. */
  count: number;
  total: number;
  /** Deliveries that failed or came back while others went on. */
  troubled: number;
}

const surelyRead = new Set<VerdictState>(['read', 'clicked', 'replied']);

/** What can be known of a recipient, as far as reading goes; people first. */
export const readerGroups = ['sure', 'probable', 'machines', 'silent', 'troubled'] as const;
export type ReaderGroup = (typeof readerGroups)[number];
export type Readers = Record<ReaderGroup, number>;

export function readerGroupOf(state: VerdictState): ReaderGroup {
  if (surelyRead.has(state)) return 'sure';
  const tone = verdictTone(state);
  if (tone === 'person') return 'probable';
  if (tone === 'machine') return 'machines';
  return tone === 'trouble' ? 'troubled' : 'silent';
}

/** A message's deliveries by what is known of each; "probably" is never counted as "read". */
export function countReaders(verdicts: readonly Verdict[]): Readers {
  const counts: Readers = { sure: 0, probable: 0, machines: 0, silent: 0, troubled: 0 };
  for (const { state } of verdicts) counts[readerGroupOf(state)] += 1;
  return counts;
}

/** One line for a message with several recipients: the best sign, how many share it, and what went wrong. */
export function messageVerdict(verdicts: readonly Verdict[]): MessageVerdict {
  const rank = (verdict: Verdict) => ladder.indexOf(verdict.state);
  const top = verdicts.toSorted((a, b) => rank(b) - rank(a) || b.confidence - a.confidence)[0];
  const total = verdicts.length;
  if (top === undefined || total === 1) return { best: top, count: total, total, troubled: 0 };
  const readers = countReaders(verdicts);
  const troubled = verdictTone(top.state) === 'trouble' ? 0 : readers.troubled;
  // Of many recipients the question is who read it; who clicked is told on the message's own page.
  if (readers.sure > 0) return { best: { ...top, state: 'read' }, count: readers.sure, total, troubled };
  return { best: top, count: verdicts.filter(({ state }) => state === top.state).length, total, troubled };
}
