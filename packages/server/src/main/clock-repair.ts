import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';

const LOOK_EVERY_MS = 2_000;
/** Time servers slew smaller errors away without a jump. */
const JUMP_MS = 30_000;

export interface ClockRepairOptions {
  /** Makes due what a wrong clock put off; says how much that was. */
  repair: (now: number) => Promise<number>;
  wake: () => void;
  clock: Clock;
  logger: Logger;
}

/**
 * Notices that the wall clock was set, by comparing it with the one that never is, and has mended what was scheduled
 * by the wrong one; also at the start, since it may have been set while nothing ran. A machine that slept looks the
 * same, and then it is harmless.
 */
export class ClockRepair {
  readonly #options: ClockRepairOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClockRepairOptions) {
    this.#options = options;
  }

  start(): void {
    let last = this.#difference();
    this.#timer = setInterval(() => {
      const now = this.#difference();
      const jumpMs = now - last;
      last = now;
      if (Math.abs(jumpMs) < JUMP_MS) return;
      this.#options.logger.warn({ jumpMs }, 'the clock of this machine was set');
      void this.#repair();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
    void this.#repair();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #difference(): number {
    return this.#options.clock() - performance.now();
  }

  async #repair(): Promise<void> {
    const { repair, wake, clock, logger } = this.#options;
    try {
      const count = await repair(clock());
      if (count > 0) logger.warn({ count }, 'what a wrong clock had put off for too long is due now');
    } catch (error) {
      logger.error({ err: error }, 'what a wrong clock put off could not be looked for');
    }
    wake();
  }
}
