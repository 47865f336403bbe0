import type { Logger } from '../kernel/logger.ts';
import type { DenySet } from './deny-set.ts';
import type { HitLog } from './hit-log.ts';
import { makeHit, type Hit, type RawRequest } from './hit.ts';
import type { RepeatLimit } from './repeat-limit.ts';
import type { TokenClaims } from './token.ts';

interface Commit {
  promise: Promise<void>;
  hits: number;
  settled: Promise<void>;
}

/** Asks whether a request is to be recorded, and has it recorded. A failure never reaches the reader. */
export class Recorder {
  readonly #log: HitLog;
  readonly #denySet: DenySet;
  readonly #logger: Logger;
  readonly #repeats: RepeatLimit;
  readonly counts = { hits: 0, silenced: 0, unrecorded: 0, repeated: 0 };
  #failing = false;
  /** The commit that the last hit went into: its hits are waited for and counted together. */
  #commit: Commit | undefined;

  constructor(dependencies: { log: HitLog; denySet: DenySet; repeats: RepeatLimit; logger: Logger }) {
    this.#repeats = dependencies.repeats;
    this.#log = dependencies.log;
    this.#denySet = dependencies.denySet;
    this.#logger = dependencies.logger;
  }

  /**
   * @returns resolves when the hit is durable or cannot be kept, never rejects, and is the same for hits of one commit;
   *   undefined when nothing is to be kept
   */
  record(
    kind: Hit['kind'],
    request: RawRequest,
    claims: TokenClaims,
    url?: string,
  ): Promise<void> | undefined {
    if (this.#denySet.isSilent(claims)) {
      this.counts.silenced += 1;
      return undefined;
    }
    if (this.#repeats.isTooMany(request, claims)) {
      this.counts.repeated += 1;
      return undefined;
    }
    const promise = this.#log.append(makeHit(kind, request, claims, url));
    if (this.#commit?.promise !== promise) {
      const commit: Commit = { promise, hits: 0, settled: Promise.resolve() };
      commit.settled = promise.then(
        () => this.#kept(commit),
        (error: unknown) => this.#lost(commit, error),
      );
      this.#commit = commit;
    }
    this.#commit.hits += 1;
    return this.#commit.settled;
  }

  #kept(commit: Commit): void {
    this.counts.hits += commit.hits;
    if (this.#commit === commit) this.#commit = undefined;
    if (this.#failing) this.#logger.warn('hits are recorded again');
    this.#failing = false;
  }

  #lost(commit: Commit, error: unknown): void {
    this.counts.unrecorded += commit.hits;
    if (this.#commit === commit) this.#commit = undefined;
    // Once for a stretch of failures: a full disk must not fill the log of messages, too.
    if (!this.#failing)
      this.#logger.error({ err: error }, 'hits cannot be recorded; readers are still answered');
    this.#failing = true;
  }
}
