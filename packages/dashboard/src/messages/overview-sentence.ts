import type { Overview } from '@waybill/sdk';
import type { VerdictSentence } from '../deliveries/verdict-sentence.ts';

const number = (count: number) => count.toLocaleString('en-GB');

/** What is known of all deliveries of the last weeks, in one sentence. The lead is a person's sign, if there is one. */
export function overviewSentence({
  deliveries,
  sinceDays,
  read,
}: Pick<Overview, 'deliveries' | 'sinceDays' | 'read'>): VerdictSentence {
  const { atLeast, atMost, machinesOnly } = read;
  const of = deliveries === 1 ? 'one delivery' : `${number(deliveries)} deliveries`;
  const machines =
    machinesOnly === 0
      ? ''
      : machinesOnly === 1
        ? 'One was loaded by machines only.'
        : `${number(machinesOnly)} were loaded by machines only.`;
  if (atMost === 0) {
    const rest = ` on ${of} in ${sinceDays} days, which proves nothing. ${machines}`;
    return { lead: 'No sign of a reader', rest: rest.trimEnd() };
  }
  if (atLeast === 0) {
    const rest = ` of ${of} in ${sinceDays} days ${atMost === 1 ? 'was' : 'were'} read; none for certain. ${machines}`;
    return { lead: `At most ${number(atMost)}`, rest: rest.trimEnd() };
  }
  const most = atLeast === atMost ? '' : `, at most ${number(atMost)}`;
  const rest = ` in ${sinceDays} days ${atLeast === 1 ? 'was' : 'were'} read${most}. ${machines}`;
  return { lead: `At least ${number(atLeast)} of ${of}`, rest: rest.trimEnd() };
}
