import type { RawRequest } from './hit.ts';
import { LOOPBACK } from './client-address.ts';
import type { TokenClaims } from './token.ts';

/** So many minutes' worth may come at once. */
const BURST_MINUTES = 5;
/** Sources known at a time, twice: about 40 MB at most. */
const MOST_SOURCES = 50_000;
/** Of a User-Agent so much tells sources apart; a client may send 16 KB. */
const AGENT_CHARACTERS = 256;
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
 * Programs on this machine are no source: whoever may run them here needs no flood, and behind a proxy that nobody has
 * declared as trusted all readers seem to be here.
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
    if (this.#burst === 0 || mode === 'aggregate' || (ip !== undefined && LOOPBACK.test(ip))) return false;
    const agent = (headers['user-agent'] ?? '').slice(0, AGENT_CHARACTERS);
    const source = `${subject}/${linkIndex} ${ip ?? ''} ${agent}`;
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
