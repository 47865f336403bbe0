import { setImmediate } from 'node:timers/promises';
import type { Steps } from './instrument/instrument.ts';

/** How long others wait; nobody notices. */
const LONGEST_HOLD_MS = 8;

/** Does some work to its end, and gives way to whatever else waits each time that it has held the event loop for a while. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < LONGEST_HOLD_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
