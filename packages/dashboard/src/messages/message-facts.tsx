import type { Message, Mode } from '@waybill/sdk';
import { Note } from '../design/states.tsx';
import { LinksLeft } from './links-left.tsx';

const sources: Record<Message['source'], string> = {
  submission: 'a mail program',
  filter: 'a mail server’s filter',
  api: 'the API',
  snippet: 'a snippet, sent by other means',
};

export const modeSentences: Record<Mode, string> = {
  full: 'Time, address, place and program.',
  day: 'Only the day of the last opening is kept of this mail; time, address and program are never written down.',
  aggregate:
    'Openings of this mail are counted for the whole message, never for one recipient. That is why single deliveries show no sign.',
  off: 'This mail was sent without tracking: no image, plain links.',
};

/** A mail to hundreds has them all in its list of deliveries. */
const fewAddresses = 10;

function addressesLine(addresses: readonly string[]): string {
  if (addresses.length <= fewAddresses) return addresses.join(', ');
  return `${addresses.slice(0, fewAddresses).join(', ')} and ${addresses.length - fewAddresses} more`;
}

/** What belongs to the message and not to one delivery. */
export function MessageFacts({ message }: { message: Message }) {
  const facts: [string, string][] = [
    ['To', addressesLine(message.to)],
    ['Cc', addressesLine(message.cc)],
    ['Came through', sources[message.source]],
    ['Message-ID', message.messageIdHeader ?? ''],
  ];
  return (
    <section aria-label="About this message" className="mt-8 flex flex-col gap-4">
      {message.mode !== 'full' && <Note>{modeSentences[message.mode]}</Note>}
      <dl className="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-y-2 text-soft">
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-faint">{name}</dt>
              <dd className={name === 'Message-ID' ? 'font-mono text-meta break-all' : 'break-words'}>
                {value}
              </dd>
            </div>
          ))}
        {message.links.length > 0 && (
          <>
            <dt className="text-faint">Links</dt>
            <dd>
              <ul className="flex flex-col gap-1">
                {message.links.map((link) => (
                  <li key={link} className="truncate" title={link}>
                    {link}
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
      <LinksLeft links={message.untouchedLinks ?? []} counts={message.untouchedLinkCounts ?? []} />
    </section>
  );
}
