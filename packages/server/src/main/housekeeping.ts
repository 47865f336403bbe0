import type { Logger } from '../kernel/logger.ts';

const EVERY_MS = 3_600_000;
const FIRST_AFTER_MS = 30_000;

/** Runs each job soon after the start and then hourly, one after the other. @returns a function that stops it */
export function startHousekeeping(
  jobs: Readonly<Record<string, () => Promise<unknown>>>,
  logger: Logger,
): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    for (const [job, work] of Object.entries(jobs)) {
      if (stopped) return;
      try {
        await work();
      } catch (error) {
        logger.error({ err: error, job }, 'housekeeping failed; it is tried again within the hour');
      }
    }
  };
  let timer = setTimeout(function tick() {
    running = run();
    timer = setTimeout(tick, EVERY_MS);
    timer.unref();
  }, FIRST_AFTER_MS);
  timer.unref();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
