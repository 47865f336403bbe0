import type { Clock } from '../kernel/clock.ts';
import type { DenyEntry } from '../tracking/tracking.ts';
import { send, type EdgeMetricsReport, type FromBackEnd, type ToBackEnd } from './ipc.ts';

const ACK_TIMEOUT_MS = 2_000;

/** Where the deny entries are read from. */
export interface DenyEntryReader {
  denyEntriesAfter(version: number): Promise<DenyEntry[]>;
}

/**
 * The back end's side of the channel to the edge: pushes the deny set and waits for the edge's word that it is
 * durable there, and keeps the edge's latest metrics.
 */
export class EdgeLink {
  readonly #reader: DenyEntryReader;
  readonly #clock: Clock;
  readonly #tell: (message: FromBackEnd) => void;
  #acknowledged = 0;
  #metrics: EdgeMetricsReport = {};
  #edgeKnown = false;
  #lastHeardAt: number | undefined;
  #lastUnrecordedAt: number | undefined;
  #pushing: Promise<void> = Promise.resolve();
  /** What is not confirmed yet, and the version that it follows. */
  #sent: { entries: DenyEntry[]; after: number } | undefined;
  readonly #waiting = new Set<{ version: number; resolve: () => void }>();

  /** @param tell passes a message on to the supervisor, which passes it on to the edge that is there */
  constructor(
    reader: DenyEntryReader,
    clock: Clock,
    tell: (message: FromBackEnd) => void = (message) => send(process, message),
  ) {
    this.#reader = reader;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param onStale called when a (re)started edge may lack entries */
  handle(message: ToBackEnd, onStale: () => void): void {
    if (message.type === 'edge-ready') {
      this.#edgeKnown = true;
      this.#acknowledged = message.denyVersion;
      this.#confirm();
      // What was sent while it was down is sent again at once, if it has all that is before it.
      const sent = this.#sent;
      if (sent !== undefined && message.denyVersion >= sent.after)
        this.#tell({ type: 'deny', entries: sent.entries });
      onStale();
    } else if (message.type === 'deny-ack') {
      this.#acknowledged = Math.max(this.#acknowledged, message.version);
      this.#confirm();
    } else if (message.type === 'edge-metrics') {
      this.#lastHeardAt = this.#clock();
      const unrecorded = message.metrics['unrecorded'] ?? 0;
      // A restarted edge counts from nothing.
      if (unrecorded > 0 && unrecorded !== this.#metrics['unrecorded'])
        this.#lastUnrecordedAt = this.#clock();
      this.#metrics = message.metrics;
    }
  }

  metrics(): EdgeMetricsReport {
    return this.#metrics;
  }

  /** When the edge reported last, and when it last could not record a hit; ms. */
  signs(): { lastHeardAt: number | undefined; lastUnrecordedAt: number | undefined } {
    return { lastHeardAt: this.#lastHeardAt, lastUnrecordedAt: this.#lastUnrecordedAt };
  }

  /** Whether the edge has been heard of. */
  known(): boolean {
    return this.#edgeKnown;
  }

  /**
   * Brings the edge up to date. Resolves when it has acknowledged.
   * @throws Error when it does not within two seconds; the entries are durable and go with the next push
   */
  push(): Promise<void> {
    const next = this.#pushing.catch(() => {}).then(() => this.#push());
    this.#pushing = next;
    return next;
  }

  async #push(): Promise<void> {
    const after = this.#acknowledged;
    const entries = await this.#reader.denyEntriesAfter(after);
    const last = entries.at(-1);
    if (last === undefined) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { version: last.version, resolve };
    this.#waiting.add(waiter);
    const timer = setTimeout(
      () => reject(new Error(`the edge did not confirm the deny set within ${ACK_TIMEOUT_MS} ms`)),
      ACK_TIMEOUT_MS,
    );
    this.#sent = { entries, after };
    this.#tell({ type: 'deny', entries });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
      this.#sent = undefined;
    }
  }

  #confirm(): void {
    for (const waiter of this.#waiting) if (waiter.version <= this.#acknowledged) waiter.resolve();
  }
}
