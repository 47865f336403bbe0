import type { RawRequest } from './hit.ts';
import type { TokenClaims } from './token.ts';

/** So many minutes' worth may come at once. */
const BURST_MINUTES = 5;
/** Sources known at a time, twice: about 20 MB at most. */
const MOST_SOURCES = 50_000;
const MINUTE_MS = 60_000;

interface Credit {
  hits: number;
  /** When that was so, ms. */
  at: number;
}

/**
 * Tells a flood from readers: one source asks for one and the same pixel or link over and over. A source is a client's
 * address with its User-Agent, and what it may use up is counted for each token by itself. So a proxy with many people
 * behind it is never a flood, since each of them has a mail and a token of their own; and where all readers share a token
 * (mode `aggregate`) nobody is limited at all. Why: docs/adr/0021.
 *
 * Forgetting a source gives it its credit back, so that memory stays bounded whatever comes.
 */
export class RepeatLimit {
  readonly #perMs: number;
  readonly #burst: number;
  #young = new Map<string, Credit>();
  #old = new Map<string, Credit>();

  /** @param perMinute 0: nothing is too many */
  constructor(perMinute: number) {
    this.#perMs = perMinute / MINUTE_MS;
    this.#burst = perMinute * BURST_MINUTES;
  }

  /** Counts the hit. @returns true when it is to be answered and not recorded */
  isTooMany({ at, ip, headers }: RawRequest, { subject, linkIndex, mode }: TokenClaims): boolean {
    if (this.#burst === 0 || mode === 'aggregate') return false;
    const source = `${subject}/${linkIndex} ${ip ?? ''} ${headers['user-agent'] ?? ''}`;
    const credit = this.#of(source, at);
    // Never back: the clock may be set.
    credit.hits = Math.min(this.#burst, credit.hits + Math.max(0, at - credit.at) * this.#perMs);
    credit.at = at;
    if (credit.hits < 1) return true;
    credit.hits -= 1;
    return false;
  }

  #of(source: string, at: number): Credit {
    let credit = this.#young.get(source);
    if (credit !== undefined) return credit;
    credit = this.#old.get(source) ?? { hits: this.#burst, at };
    if (this.#young.size >= MOST_SOURCES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(source, credit);
    return credit;
  }
}
