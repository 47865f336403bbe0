import type { RecipientSummary, VerdictState } from '@waybill/sdk';
import { verdictTone, type VerdictTone } from '../deliveries/verdict-words.ts';

export interface RecipientSign {
  /** Stands for its tone when drawn. */
  state: VerdictState;
  words: string;
}

const signs: { tone: VerdictTone; state: VerdictState; word: string }[] = [
  { tone: 'person', state: 'read', word: 'read' },
  { tone: 'machine', state: 'loaded', word: 'by machines only' },
  { tone: 'none', state: 'sent', word: 'no sign' },
  { tone: 'trouble', state: 'bounced', word: 'in trouble' },
];

/** A recipient's mails by what is known of them, people first; what did not occur is left out. */
export function recipientSigns(states: RecipientSummary['states']): RecipientSign[] {
  return signs.flatMap(({ tone, state, word }) => {
    const count = Object.entries(states)
      .filter(([each]) => verdictTone(each as VerdictState) === tone)
      .reduce((sum, [, number]) => sum + number, 0);
    return count === 0 ? [] : [{ state, words: `${count} ${word}` }];
  });
}
