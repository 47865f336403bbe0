import type { Message } from '@waybill/sdk';
import { verdictTone } from '../deliveries/verdict-words.ts';

/** The message's answer in one sentence, large, because it is what one came for. */
export function MessageSummaryLine({ message }: { message: Message }) {
  const total = message.deliveries.length;
  const count = (tone: ReturnType<typeof verdictTone>) =>
    message.deliveries.filter(({ verdict }) => verdictTone(verdict.state) === tone).length;
  const people = count('person');
  const machines = count('machine');
  const trouble = count('trouble');
  const silent = total - people - machines - trouble;
  const rest = [
    machines > 0 ? `${machines} loaded by machines only` : '',
    silent > 0 ? `${silent} without a sign, which proves nothing` : '',
    trouble > 0 ? `${trouble} failed or came back` : '',
  ].filter((part) => part !== '');
  const lead =
    people === 0
      ? 'No sign of a reader yet'
      : people === total
        ? 'Read by everyone, surely or probably'
        : `Read by ${people} of ${total}`;
  return (
    <p className="mt-5 max-w-[40ch] text-verdict font-semibold text-balance">
      {lead}
      <span className="font-normal text-soft">{rest.length === 0 ? '.' : `; ${rest.join(', ')}.`}</span>
    </p>
  );
}
