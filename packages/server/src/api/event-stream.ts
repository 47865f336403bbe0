import type { ServerResponse } from 'node:http';
import type { StreamEvent } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { StatsReader } from '../stats/stats.ts';
import type { ChangeFeed } from './deps.ts';

const HEARTBEAT_MS = 15_000;
const STALLED_MS = 60_000;
/** After this a stream ends, and the client's return proves again who it is. */
const MAX_AGE_MS = 3_600_000;
const BATCH = 100;
const RETRY_MS = 2000;

interface Connection {
  workspaceId: WorkspaceId;
  /** Of the session or key that opened it. */
  principalId: string;
  response: ServerResponse;
  position: number;
  openedAt: number;
  /** A pump is running; another change came meanwhile. */
  isPumping: boolean;
  isDirty: boolean;
  /** Since when the client takes no more bytes. */
  stalledAt: number | undefined;
}

type Events = Pick<StatsReader, 'eventsSince' | 'latestPosition'>;

/**
 * Server-sent events (WHATWG HTML §9.2). Each connection reads on from its own position in the store, so
 * there is nothing to buffer and nothing to lose: a slow client just reads later. Connections at
 * the same position, which is nearly all of them, share one query.
 */
export class EventStream {
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #connections = new Set<Connection>();
  readonly #reads = new Map<string, Promise<StreamEvent[]>>();
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(deps: { events: Events; feed: ChangeFeed; clock: Clock; logger: Logger }) {
    this.#events = deps.events;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#unsubscribe = deps.feed.onChange(() => this.#wake());
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * @param after the position the client has seen; undefined: from now on
   * @param start writes the response's head
   */
  async open(
    connection: { workspaceId: WorkspaceId; principalId: string; after: number | undefined },
    start: () => ServerResponse,
  ): Promise<void> {
    const latest = await this.#events.latestPosition(connection.workspaceId);
    const opened: Connection = {
      workspaceId: connection.workspaceId,
      principalId: connection.principalId,
      response: start(),
      // A database that was restored from a backup may be behind what the client has seen.
      position: Math.min(connection.after ?? latest, latest),
      openedAt: this.#clock(),
      isPumping: false,
      isDirty: false,
      stalledAt: undefined,
    };
    opened.response.write(`retry: ${RETRY_MS}\n\n`);
    opened.response.once('close', () => this.#connections.delete(opened));
    opened.response.once('error', () => this.#connections.delete(opened));
    this.#connections.add(opened);
    this.#pump(opened);
  }

  /** Ends the streams of a session that signed out or of a key that was revoked. */
  disconnect(principalId: string): void {
    for (const connection of this.#connections) {
      if (connection.principalId === principalId) this.#end(connection);
    }
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    for (const connection of this.#connections) this.#end(connection);
  }

  #wake(): void {
    // What was read before this change may lack it.
    this.#reads.clear();
    for (const connection of this.#connections) this.#pump(connection);
  }

  #beat(): void {
    const now = this.#clock();
    this.#reads.clear();
    for (const connection of this.#connections) {
      if (now - connection.openedAt > MAX_AGE_MS) this.#end(connection);
      else if (connection.stalledAt !== undefined && now - connection.stalledAt > STALLED_MS) {
        connection.response.destroy();
      } else if (connection.stalledAt === undefined) {
        connection.response.write(': keep-alive\n\n');
        // In case a change was made without word of it, by another process for example.
        this.#pump(connection);
      }
    }
  }

  #pump(connection: Connection): void {
    connection.isDirty = true;
    if (connection.isPumping || connection.stalledAt !== undefined) return;
    connection.isPumping = true;
    this.#writeNews(connection).catch((error: unknown) => {
      this.#logger.error({ err: error }, 'event stream ended: events could not be read');
      connection.response.destroy();
    });
  }

  async #writeNews(connection: Connection): Promise<void> {
    try {
      while (connection.isDirty && this.#connections.has(connection)) {
        connection.isDirty = false;
        const events = await this.#read(connection.workspaceId, connection.position);
        if (events.length === BATCH) connection.isDirty = true;
        if (!this.#write(connection, events)) return;
      }
    } finally {
      connection.isPumping = false;
    }
  }

  /** @returns false when the client takes no more for now; the pump starts again when it does */
  #write(connection: Connection, events: readonly StreamEvent[]): boolean {
    const last = events.at(-1);
    if (last === undefined || !this.#connections.has(connection)) return true;
    connection.position = Number(last.position);
    const text = events.map((event) => `id: ${event.position}\ndata: ${JSON.stringify(event)}\n\n`).join('');
    if (connection.response.write(text)) return true;
    connection.stalledAt = this.#clock();
    connection.response.once('drain', () => {
      connection.stalledAt = undefined;
      this.#pump(connection);
    });
    return false;
  }

  #read(workspaceId: WorkspaceId, position: number): Promise<StreamEvent[]> {
    const key = `${workspaceId} ${position}`;
    const running = this.#reads.get(key);
    if (running !== undefined) return running;
    const read = this.#events.eventsSince(workspaceId, position, BATCH);
    this.#reads.set(key, read);
    const forget = () => {
      if (this.#reads.get(key) === read) this.#reads.delete(key);
    };
    read.then(forget, forget);
    return read;
  }

  #end(connection: Connection): void {
    this.#connections.delete(connection);
    connection.response.end();
  }
}
