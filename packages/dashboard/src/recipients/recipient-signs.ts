import type { RecipientSummary, VerdictState } from '@waybill/sdk';
import { type ReaderGroup, readerGroupOf, readerGroups } from '../messages/message-verdict.ts';

export interface RecipientSign {
  /** Stands for its group when drawn. */
  state: VerdictState;
  words: string;
}

const signs: Record<ReaderGroup, { state: VerdictState; word: string }> = {
  sure: { state: 'read', word: 'read' },
  probable: { state: 'probably-read', word: 'probably read' },
  machines: { state: 'loaded', word: 'by machines only' },
  silent: { state: 'sent', word: 'no sign' },
  troubled: { state: 'bounced', word: 'in trouble' },
};

/** A recipient's mails by what is known of them, people first; what did not occur is left out. */
export function recipientSigns(states: RecipientSummary['states']): RecipientSign[] {
  return readerGroups.flatMap((group) => {
    const count = Object.entries(states)
      .filter(([each]) => readerGroupOf(each as VerdictState) === group)
      .reduce((sum, [, number]) => sum + number, 0);
    return count === 0 ? [] : [{ state: signs[group].state, words: `${count} ${signs[group].word}` }];
  });
}
