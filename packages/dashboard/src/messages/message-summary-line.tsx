import type { Message } from '@waybill/sdk';
import { gapBefore } from '../deliveries/verdict-sentence.ts';
import { messageSentence } from './message-sentence.ts';

/** The message's answer, large, because it is what one came for. */
export function MessageSummaryLine({ message }: { message: Message }) {
  const { lead, rest } = messageSentence(message);
  const byPerson = message.mode !== 'aggregate' && /read by/i.test(lead);
  return (
    <p className="mt-5 max-w-[34ch] text-verdict text-pretty text-soft">
      <span className={`font-semibold ${byPerson ? 'text-person' : 'text-ink'}`}>{lead}</span>
      {gapBefore(rest)}
      {rest}
    </p>
  );
}
