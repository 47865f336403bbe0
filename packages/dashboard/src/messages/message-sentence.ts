import type { Message, ReadInterval } from '@waybill/sdk';
import type { VerdictSentence } from '../deliveries/verdict-sentence.ts';
import { countReaders } from './message-verdict.ts';

/** From so many recipients on, the answer is a range; below, each can be told apart. */
export const manyRecipients = 6;

type Told = Pick<Message, 'deliveries' | 'mode' | 'counts' | 'read'>;

/** The message's answer: who of its recipients read it, and how sure that is. */
export function messageSentence(message: Told): VerdictSentence {
  if (message.mode === 'aggregate') return countedSentence(message);
  const total = message.deliveries.length;
  const { sure, probable, machines, silent, troubled } = countReaders(
    message.deliveries.map(({ verdict }) => verdict),
  );
  if (silent === total && message.deliveries.every(({ pixelUrl }) => pixelUrl === null))
    return { lead: 'Carries no image', rest: ', so whether it was read cannot be seen.' };
  if (silent === total) return { lead: 'No sign of a reader', rest: ', which proves nothing.' };
  if (total >= manyRecipients) return rangeSentence(message.read, total);
  const rest = [
    sure > 0 && probable > 0 ? `${probable} probably` : '',
    machines > 0 ? `${machines} loaded by machines only` : '',
    silent > 0 ? `${silent} without a sign, which proves nothing` : '',
    troubled > 0 ? `${troubled} in trouble` : '',
  ].filter((part) => part !== '');
  const tail = rest.length === 0 ? '.' : `; ${rest.join(', ')}.`;
  return { lead: lead(sure, probable, total), rest: tail };
}

function lead(sure: number, probable: number, total: number): string {
  const of = (count: number) =>
    count === total ? (total === 1 ? 'its recipient' : `all ${total}`) : `${count} of ${total}`;
  if (sure > 0) return `Read by ${of(sure)}`;
  if (probable > 0) return `Probably read by ${of(probable)}`;
  return 'No sign of a reader';
}

/** What is certain and what is possible; anything in between would be a guess. */
function rangeSentence({ atLeast, atMost, signs }: ReadInterval, total: number): VerdictSentence {
  const number = (count: number) => count.toLocaleString('en-GB');
  const most = `at most ${number(atMost)} of ${number(total)}`;
  if (atLeast === total) return { lead: `Read by all ${number(total)}`, rest: '.' };
  if (atLeast === atMost && atLeast > 0)
    return { lead: `Read by ${number(atLeast)} of ${number(total)}`, rest: '.' };
  if (atLeast > 0) return { lead: `Read by at least ${number(atLeast)}`, rest: `, ${most}.` };
  if (signs > 0) return { lead: `Probably read by ${number(signs)}`, rest: `, ${most}.` };
  return { lead: 'No sign of a reader', rest: `, which proves nothing: ${most} may have read it.` };
}

function countedSentence({ counts }: Told): VerdictSentence {
  const opened = counts?.opened ?? 0;
  const clicked = counts?.clicked ?? 0;
  const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
  if (opened === 0 && clicked === 0) return { lead: 'Not loaded so far', rest: ', which proves nothing.' };
  const links = clicked === 0 ? '' : `, its links followed ${times(clicked)}`;
  return {
    lead: `Loaded ${times(opened)}`,
    rest: `${links}. By whom is not kept, and machines may be among them.`,
  };
}
