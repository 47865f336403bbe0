/** Worker thread of the back end that reads the local hit logs, which other processes write. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { LoggedHit } from '../tracking/tracking.ts';
import { isDataDirLocked } from './data-dir-lock.ts';
import { SegmentLogReader } from './segment-log-reader.ts';
import { SQLITE_LOG_FILE, SqliteHitReader } from './sqlite-hit-reader.ts';
import { answerCalls } from './worker-thread.ts';

export interface HitSourceWorkerData {
  hitSourceDirectory: string;
  /** So many listeners write; what one of a higher number left is complete, once that one has ended. */
  listeners: number;
}
export type HitSourceRequest =
  | { type: 'read'; cursors: ReadonlyMap<string, number>; limit: number }
  | { type: 'backlog'; cursors: ReadonlyMap<string, number> }
  | { type: 'trim'; cursors: ReadonlyMap<string, number> };

export interface HitSourceReply {
  hits: LoggedHit[];
  backlog: number;
  /** What was found damaged since the last call, in words. */
  notices: string[];
}

const LISTENER_FOLDER = /^edge-(\d+)$/;
/** Damaged bytes may hold addresses of readers; somebody may want to look at them, but not for ever. */
const DAMAGED_KEPT_MS = 30 * 86_400_000;

interface Reader {
  read(cursors: ReadonlyMap<string, number>, limit: number): LoggedHit[];
  backlog(cursors: ReadonlyMap<string, number>): number;
  trim(cursors: ReadonlyMap<string, number>): void;
  close(): void;
}

/** All logs in a directory: one of each listener that ever was, and that of an older version. */
class LogsReader {
  readonly #directory: string;
  readonly #listeners: number;
  readonly #readers = new Map<string, Reader>();
  readonly #notices: string[] = [];
  /** What keeps a log from being read, by its name; said once. */
  readonly #failing = new Map<string, string>();
  #turn = 0;

  constructor(directory: string, listeners: number) {
    this.#directory = directory;
    this.#listeners = listeners;
    this.#readers.set('', new SqliteHitReader(join(directory, SQLITE_LOG_FILE)));
  }

  answer(request: HitSourceRequest): HitSourceReply {
    this.#findLogs();
    const { cursors, type } = request;
    const reply: HitSourceReply = { hits: [], backlog: 0, notices: [] };
    if (type === 'read') reply.hits = this.#read(cursors, request.limit);
    else if (type === 'trim') {
      this.#each([...this.#readers], (reader) => reader.trim(cursors));
      this.#dropOldDamage();
    } else this.#each([...this.#readers], (reader) => (reply.backlog += reader.backlog(cursors)));
    reply.notices = this.#notices.splice(0);
    return reply;
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
  }

  /** Beginning with another log each time: one that is always full must not keep the others waiting. */
  #read(cursors: ReadonlyMap<string, number>, limit: number): LoggedHit[] {
    const readers = [...this.#readers];
    const first = this.#turn++ % readers.length;
    const hits: LoggedHit[] = [];
    this.#each([...readers.slice(first), ...readers.slice(0, first)], (reader) => {
      if (hits.length < limit) for (const hit of reader.read(cursors, limit - hits.length)) hits.push(hit);
    });
    return hits;
  }

  /** A log that cannot be read must not keep the others waiting; it is tried again with the next call. */
  #each(readers: readonly [string, Reader][], work: (reader: Reader) => unknown): void {
    for (const [name, reader] of readers) {
      try {
        work(reader);
        this.#failing.delete(name);
      } catch (error) {
        const { message } = error as Error;
        if (this.#failing.get(name) === message) continue;
        this.#failing.set(name, message);
        const path = join(this.#directory, name === '' ? SQLITE_LOG_FILE : name);
        this.#notices.push(`${path} cannot be read, and is tried again and again: ${message}`);
      }
    }
  }

  get #damaged(): string {
    return join(this.#directory, 'damaged');
  }

  #dropOldDamage(): void {
    for (const name of namesIn(this.#damaged)) {
      const path = join(this.#damaged, name);
      if (Date.now() - statSync(path).mtimeMs > DAMAGED_KEPT_MS) rmSync(path);
    }
  }

  #findLogs(): void {
    for (const name of namesIn(this.#directory)) {
      const [, listener] = LISTENER_FOLDER.exec(name) ?? [];
      if (listener === undefined || this.#readers.has(name)) continue;
      const damaged = this.#damaged;
      const report = (sentence: string): void => void this.#notices.push(sentence);
      const directory = join(this.#directory, name);
      const isRetired = this.#retirement(name, Number(listener));
      this.#readers.set(name, new SegmentLogReader(directory, { damaged, isRetired, report }));
    }
  }

  /** A listener whose supervisor was killed goes on writing for some seconds, and holds its lock as long. */
  #retirement(name: string, listener: number): () => boolean {
    let isRetired = false;
    return () =>
      (isRetired ||= listener >= this.#listeners && !isDataDirLocked(dirname(this.#directory), name));
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const data = workerData as Partial<HitSourceWorkerData> | null;
if (parentPort !== null && data?.hitSourceDirectory !== undefined) {
  const reader = new LogsReader(data.hitSourceDirectory, data.listeners ?? 1);
  answerCalls<HitSourceRequest, HitSourceReply>(
    parentPort,
    (request) => reader.answer(request),
    () => reader.close(),
  );
}
