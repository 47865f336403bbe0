import type { LiveState } from '../api/live-stream.ts';
import { classes } from '../design/classes.ts';
import { useConnection } from './live-context.ts';

const words: Record<LiveState, string> = {
  connecting: 'Connecting',
  live: 'Live',
  interrupted: 'Reconnecting',
};

const explanations: Record<LiveState, string> = {
  connecting: 'Connecting to the event stream.',
  live: 'New events appear here by themselves.',
  interrupted:
    'The connection broke off. Nothing is lost: what happens meanwhile is fetched when it is back.',
};

function dot(state: LiveState): string {
  return classes('size-2 rounded-full', state === 'live' ? 'bg-ink' : 'border border-machine');
}

/** Calm on purpose: a broken connection loses nothing. */
export function Connection() {
  const state = useConnection();
  return (
    <p className="flex items-center gap-2 text-meta text-faint" title={explanations[state]}>
      <span aria-hidden="true" className={dot(state)} />
      {words[state]}
    </p>
  );
}

/** For the phone's top bar: on the narrowest phones there is room for the dot only, its word is read out. */
export function ConnectionDot() {
  const state = useConnection();
  return state === 'live' ? null : (
    <span
      className="relative ml-3 flex min-w-0 items-center gap-1.5 text-meta text-faint"
      title={explanations[state]}
    >
      <span aria-hidden="true" className={classes(dot(state), 'shrink-0')} />
      <span className="max-[26rem]:sr-only">{words[state]}</span>
    </span>
  );
}
