import type { Logger } from '../kernel/logger.ts';
import type { DenySet } from './deny-set.ts';
import type { HitLog } from './hit-log.ts';
import { makeHit, type Hit, type RawRequest } from './hit.ts';
import type { TokenClaims } from './token.ts';

/** Asks whether a request is to be recorded, and has it recorded. A failure never reaches the reader. */
export class Recorder {
  readonly #log: HitLog;
  readonly #denySet: DenySet;
  readonly #logger: Logger;
  readonly counts = { hits: 0, silenced: 0, unrecorded: 0 };
  #failing = false;

  constructor(dependencies: { log: HitLog; denySet: DenySet; logger: Logger }) {
    this.#log = dependencies.log;
    this.#denySet = dependencies.denySet;
    this.#logger = dependencies.logger;
  }

  /** Resolves when the hit is durable, or is not to be kept, or cannot be. Never rejects. */
  async record(kind: Hit['kind'], request: RawRequest, claims: TokenClaims, url?: string): Promise<void> {
    if (this.#denySet.isSilent(claims)) {
      this.counts.silenced += 1;
      return;
    }
    try {
      await this.#log.append(makeHit(kind, request, claims, url));
      this.counts.hits += 1;
      if (this.#failing) this.#logger.warn('hits are recorded again');
      this.#failing = false;
    } catch (error) {
      this.counts.unrecorded += 1;
      // Once for a stretch of failures: a full disk must not fill the log of messages, too.
      if (!this.#failing)
        this.#logger.error({ err: error }, 'hits cannot be recorded; readers are still answered');
      this.#failing = true;
    }
  }
}
