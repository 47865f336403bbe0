import { useNow } from './now.ts';
import { clockTime, dayPhrase, exactTime, momentPhrase, relativeTime } from './time-words.ts';

type Wording = 'relative' | 'phrase' | 'clock' | 'day';

/** A time in few words, with the exact moment on hover and for screen readers. */
export function Moment({
  at,
  wording = 'relative',
  className,
}: {
  at: string;
  wording?: Wording;
  className?: string;
}) {
  const now = useNow();
  const exact = exactTime(at);
  const words = {
    relative: relativeTime,
    phrase: momentPhrase,
    day: dayPhrase,
    clock: (iso: string) => clockTime(iso),
  }[wording](at, now);
  return (
    <time dateTime={at} title={exact} className={className}>
      <span aria-hidden="true">{words}</span>
      <span className="sr-only">{exact}</span>
    </time>
  );
}
