import { useEffect, useState } from 'react';
import { eventTitle, kindOf } from '../deliveries/actor-words.ts';
import { useLiveStream } from './live-context.ts';

/** Tells screen readers what arrives: people's signs and trouble, never the chatter of machines. */
export function Announcer() {
  const stream = useLiveStream();
  const [words, setWords] = useState('');
  useEffect(
    () =>
      stream.onEvent((event) => {
        const matters =
          kindOf(event.actor) === 'person' ||
          ['bounced', 'replied', 'receipt', 'objected'].includes(event.type);
        if (matters) setWords(`${eventTitle(event)}: ${event.subject}, ${event.recipient}.`);
      }),
    [stream],
  );
  return (
    <div aria-live="polite" className="sr-only">
      {words}
    </div>
  );
}
