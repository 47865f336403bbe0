import type { Clock } from '../kernel/clock.ts';
import type { Attempt } from './pipeline.ts';

/** Pauses between the single copies that try a smarthost which failed, in ms; they double. */
export interface ProbePauses {
  firstMs: number;
  longestMs: number;
  /** While it answers but does not let us in: whoever asks too often with a wrong password is locked out. */
  longestRefusedMs: number;
}

export const DEFAULT_PROBE_PAUSES: ProbePauses = {
  firstMs: 5_000,
  longestMs: 60_000,
  longestRefusedMs: 600_000,
};

export type ServerFailure = Extract<Attempt, { kind: 'deferred' }>;

/** Why and since when the smarthost is left alone. */
export interface Outage {
  sinceMs: number;
  failure: ServerFailure;
  /** Undefined while a copy tries it. */
  nextTryAtMs: number | undefined;
}

/** Which stretch between two openings an attempt belongs to: what began before says nothing of now. */
export type Ticket = number;

/** Sessions that end in the midst of a mail may be that mail's fault; so many in a row are not. */
const SUSPICIOUS_IN_A_ROW = 3;
/** How long a server that had enough connections is spared more of them. */
const SPARED_MS = 60_000;

/**
 * One switch for the smarthost as a whole. When it fails, for whatever reason that is not one mail's, the copies wait
 * in the store without being tried, and one of them at a time, each time another one, tries whether it is back. Then
 * the number of copies on their way grows from one with each that arrives.
 */
export class Circuit {
  readonly #total: number;
  readonly #pauses: ProbePauses;
  readonly #clock: Clock;
  #outage: { sinceMs: number; failure: ServerFailure } | undefined;
  #failures = 0;
  #probeAtMs = 0;
  #probing = false;
  #stretch: Ticket = 0;
  #suspicious = 0;
  #running = 0;
  /** How many may be on their way while it recovers. */
  #window: number;
  #ceiling: { copies: number; untilMs: number } | undefined;

  /** @param options.total copies on their way when all is well */
  constructor(options: { total: number; pauses?: ProbePauses | undefined; clock: Clock }) {
    this.#total = options.total;
    this.#window = options.total;
    this.#pauses = options.pauses ?? DEFAULT_PROBE_PAUSES;
    this.#clock = options.clock;
  }

  /** Undefined while it takes mail. */
  get outage(): Outage | undefined {
    if (this.#outage === undefined) return undefined;
    return { ...this.#outage, nextTryAtMs: this.#probing ? undefined : this.#probeAtMs };
  }

  /** How many times it was found failing, since the start. */
  get openings(): number {
    return this.#stretch;
  }

  /** Copies that may be on their way at the same time now. */
  get limit(): number {
    if (this.#outage !== undefined) return this.waitMs() === 0 ? 1 : 0;
    const { copies, untilMs } = this.#ceiling ?? { copies: this.#total, untilMs: 0 };
    return Math.min(this.#total, this.#window, this.#clock() < untilMs ? copies : this.#total);
  }

  /** Whether one more copy may be sent now. */
  hasRoom(): boolean {
    return this.#outage === undefined ? this.#running < this.limit : this.limit > 0;
  }

  /** Until the next copy may try a smarthost that failed; infinite while one does. */
  waitMs(): number {
    return this.#probing ? Number.POSITIVE_INFINITY : Math.max(0, this.#probeAtMs - this.#clock());
  }

  /** Somebody believes that it is back. */
  tryNow(): void {
    if (this.#outage !== undefined) this.#probeAtMs = this.#clock();
  }

  begin(): Ticket {
    this.#running++;
    if (this.#outage !== undefined) this.#probing = true;
    return this.#stretch;
  }

  end(ticket: Ticket, attempt: Attempt): void {
    this.#running--;
    if (ticket !== this.#stretch) return;
    this.#probing = false;
    // Those never came near it.
    if (attempt.kind === 'captured' || attempt.kind === 'waiting') return;
    if (attempt.kind !== 'deferred' || attempt.about === undefined) this.#works();
    else if (attempt.about === 'session') this.#suspect(attempt);
    else if (this.#hasEnough(attempt)) this.#spare();
    else this.#open(attempt);
  }

  #works(): void {
    this.#suspicious = 0;
    this.#failures = 0;
    this.#window = this.#outage === undefined ? Math.min(this.#window + 1, this.#total) : 2;
    this.#outage = undefined;
  }

  #suspect(failure: ServerFailure): void {
    this.#suspicious++;
    if (this.#outage !== undefined || this.#suspicious >= SUSPICIOUS_IN_A_ROW) this.#open(failure);
  }

  /** It answers and puts a further connection off, while others work: they are too many, and it is not down. */
  #hasEnough({ code }: ServerFailure): boolean {
    return this.#outage === undefined && code === 'server-deferred' && this.#running > 0;
  }

  #spare(): void {
    this.#ceiling = { copies: this.#running, untilMs: this.#clock() + SPARED_MS };
  }

  #open(failure: ServerFailure): void {
    const { firstMs, longestMs, longestRefusedMs } = this.#pauses;
    const longest = failure.code === 'server-refuses-us' ? longestRefusedMs : longestMs;
    this.#probeAtMs = this.#clock() + Math.min(firstMs * 2 ** Math.min(this.#failures, 60), longest);
    this.#failures++;
    this.#suspicious = 0;
    if (this.#outage === undefined) this.#stretch++;
    this.#outage = { sinceMs: this.#outage?.sinceMs ?? this.#clock(), failure };
  }
}
