/**
 * Kysely on `node:sqlite` in worker threads. Kysely's own SQLite driver wants a synchronous
 * database on the calling thread; this one keeps its adapter, compiler and introspector.
 */
import { Worker } from 'node:worker_threads';
import {
  CompiledQuery,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely';
import { toObjects } from './row-objects.ts';
import { unshareTexts } from './shared-texts.ts';
import type {
  Durability,
  SqliteReply,
  SqliteRequest,
  SqliteStep,
  SqliteStepResult,
  SqliteWorkerData,
} from './sqlite-worker.ts';
import { fromSqlite, SqliteError, threadEnded } from './storage-error.ts';

export { NOTHING_CHANGED, type Durability } from './sqlite-worker.ts';

/** What one step gave, its rows as objects. */
export interface StepOutcome extends Pick<SqliteStepResult, 'changes'> {
  rows: unknown[];
}

/** Several statements in one message; the result's rows are one StepOutcome for each. */
export class SqliteScript implements CompiledQuery<StepOutcome> {
  readonly #raw = CompiledQuery.raw('');
  readonly query = this.#raw.query;
  readonly queryId = this.#raw.queryId;
  readonly sql = '';
  readonly parameters = [];
  readonly steps: readonly SqliteStep[];
  /** A transaction of its own; otherwise part of the one that is open. */
  readonly atomic: boolean;
  readonly durability: Durability;
  /** Only reads: by the reading thread, what was committed when it begins. */
  readonly readOnly: boolean;

  constructor(
    steps: readonly SqliteStep[],
    {
      atomic,
      durability = 'disk',
      readOnly = false,
    }: { atomic: boolean; durability?: Durability; readOnly?: boolean },
  ) {
    this.steps = steps;
    this.atomic = atomic;
    this.durability = durability;
    this.readOnly = readOnly;
  }
}

interface Waiting {
  resolve: (reply: SqliteReply) => void;
  reject: (error: Error) => void;
}

/** A database in a thread. When the thread dies, its calls are rejected and the next one starts another. */
class WorkerDatabase {
  readonly #data: Omit<SqliteWorkerData, 'isOnHold'>;
  readonly #pending = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;
  /** Requests for the next message: those that come while the thread is at work go together. */
  #outgoing: SqliteRequest[] = [];
  #unanswered = 0;
  #isPosting = false;
  /** Counts the threads: what one began cannot go on in another. */
  generation = 0;

  private constructor(data: Omit<SqliteWorkerData, 'isOnHold'>) {
    this.#data = data;
  }

  /** @param after the file is opened then; the thread starts at once */
  static async open(
    data: Omit<SqliteWorkerData, 'isOnHold'>,
    after?: Promise<unknown>,
  ): Promise<WorkerDatabase> {
    const database = new WorkerDatabase(data);
    const opened = new Promise<SqliteReply>((resolve, reject) => {
      database.#pending.set(0, { resolve, reject });
    });
    const worker = database.#start(after !== undefined);
    try {
      await Promise.race([after, opened]);
      if (after !== undefined) worker.postMessage('open');
    } catch (error) {
      opened.catch(() => undefined);
      await database.close();
      throw error;
    }
    await opened;
    return database;
  }

  async run<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    const [result] = await this.runAll([{ sql, rows: [parameters] }], false);
    return {
      rows: (result?.rows ?? []) as R[],
      ...(result?.changes === undefined ? {} : { numAffectedRows: BigInt(result.changes) }),
    };
  }

  async runAll(
    steps: readonly SqliteStep[],
    atomic: boolean,
    durability: Durability = 'disk',
  ): Promise<StepOutcome[]> {
    if (this.#closed) throw new Error('the database is closed');
    if (this.#worker === undefined) this.#start();
    const id = this.#nextId++;
    const { results, error } = await new Promise<SqliteReply>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#outgoing.push({ id, steps, atomic, durability });
      this.#post();
    });
    if (error !== undefined)
      throw fromSqlite(new SqliteError(`${error.message} (${error.sql})`, error.errcode));
    return (results ?? []).map(({ rows, columns = [], ...rest }) => {
      unshareTexts(rows);
      return { ...rest, rows: toObjects(columns, rows) };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#postNow();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await ended;
  }

  /** Waking a thread costs more than most requests: what is asked in one turn, or while it is busy, is one message. */
  #post(): void {
    if (this.#isPosting || this.#unanswered > 0) return;
    this.#isPosting = true;
    queueMicrotask(() => {
      this.#isPosting = false;
      this.#postNow();
    });
  }

  #postNow(): void {
    const requests = this.#outgoing;
    if (requests.length === 0 || this.#worker === undefined) return;
    this.#outgoing = [];
    this.#unanswered += requests.length;
    this.#worker.postMessage(requests);
  }

  #start(isOnHold = false): Worker {
    const workerData: SqliteWorkerData = { ...this.#data, isOnHold };
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData });
    this.#worker = worker;
    worker.on('message', (replies: readonly SqliteReply[]) => {
      for (const reply of replies) {
        this.#pending.get(reply.id)?.resolve(reply);
        this.#pending.delete(reply.id);
        // The first word of a thread answers nothing.
        if (reply.id !== 0) this.#unanswered--;
      }
      this.#post();
    });
    let cause: unknown;
    worker.on('error', (error: unknown) => (cause = error));
    worker.on('exit', () => {
      this.#worker = undefined;
      this.generation += 1;
      const waiting = [...this.#pending];
      this.#pending.clear();
      this.#outgoing = [];
      this.#unanswered = 0;
      // What keeps the first thread from opening the database is told as it is.
      for (const [id, { reject }] of waiting) reject((id === 0 && (cause as Error)) || threadEnded(cause));
    });
    return worker;
  }
}

/**
 * Who may write: one transaction in several messages alone, or requests that are complete in themselves, any number of
 * which may wait in the thread at once. First come, first served.
 */
class WriteTurns {
  /** Whoever comes next waits for this, and for all in `#shared` if it wants to be alone. */
  #alone: Promise<void> = Promise.resolve();
  #shared = new Set<Promise<void>>();

  /** @returns what ends the turn */
  async alone(): Promise<() => void> {
    const before = Promise.all([this.#alone, ...this.#shared]);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#alone = promise;
    this.#shared = new Set();
    await before;
    return resolve;
  }

  async together<R>(work: () => Promise<R>): Promise<R> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#shared.add(promise);
    const before = this.#alone;
    try {
      await before;
      return await work();
    } finally {
      this.#shared.delete(promise);
      resolve();
    }
  }
}

/** Outside a transaction, selects go to the reading worker and everything else queues for the writer. */
class SqliteConnection implements DatabaseConnection {
  readonly #writer: WorkerDatabase;
  readonly #reader: WorkerDatabase;
  readonly #turns: WriteTurns;
  #release: (() => void) | undefined;
  /** Of the thread in which the open transaction is. */
  #generation = 0;

  constructor(writer: WorkerDatabase, reader: WorkerDatabase, turns: WriteTurns) {
    this.#writer = writer;
    this.#reader = reader;
    this.#turns = turns;
  }

  async begin(): Promise<void> {
    const release = await this.#turns.alone();
    try {
      await this.#writer.run('begin immediate', []);
      this.#generation = this.#writer.generation;
      this.#release = release;
    } catch (error) {
      release();
      throw error;
    }
  }

  async end(statement: 'commit' | 'rollback'): Promise<void> {
    // A commit that failed was rolled back below; Kysely asks for it again.
    if (this.#release === undefined) return;
    try {
      if (!this.#isInterrupted()) await this.#finish(statement);
      // A new thread knows nothing of the transaction, which ended with the old one.
      else if (statement === 'commit') throw threadEnded(undefined);
    } finally {
      this.#release();
      this.#release = undefined;
    }
  }

  /** Nobody else may begin before a transaction is over, also when its commit fails. */
  async #finish(statement: 'commit' | 'rollback'): Promise<void> {
    try {
      await this.#writer.run(statement, []);
    } catch (error) {
      if (statement === 'commit') await this.#writer.run('rollback', []).catch(() => undefined);
      throw error;
    }
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    if (compiled instanceof SqliteScript) return { rows: (await this.#runScript(compiled)) as R[] };
    const { sql, parameters, query } = compiled;
    if (this.#release !== undefined) {
      if (this.#isInterrupted()) throw threadEnded(undefined);
      return this.#writer.run<R>(sql, parameters);
    }
    if (SelectQueryNode.is(query)) return this.#reader.run<R>(sql, parameters);
    return this.#turns.together(() => this.#writer.run<R>(sql, parameters));
  }

  async #runScript({ steps, atomic, durability, readOnly }: SqliteScript): Promise<StepOutcome[]> {
    if (readOnly) return this.#reader.runAll(steps, true);
    if (this.#release !== undefined) {
      if (this.#isInterrupted()) throw threadEnded(undefined);
      return this.#writer.runAll(steps, false);
    }
    return this.#turns.together(() => this.#writer.runAll(steps, atomic, durability));
  }

  #isInterrupted(): boolean {
    return this.#generation !== this.#writer.generation;
  }

  // eslint-disable-next-line require-yield -- the interface asks for a generator
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not offered on SQLite: page with a cursor instead');
  }
}

class SqliteWorkerDriver implements Driver {
  readonly #file: string;
  readonly #turns = new WriteTurns();
  #writer: WorkerDatabase | undefined;
  #reader: WorkerDatabase | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async init(): Promise<void> {
    const writer = WorkerDatabase.open({ file: this.#file, readOnly: false });
    // It creates the file and switches it to WAL, so that the other one can only open it then.
    const reader = WorkerDatabase.open({ file: this.#file, readOnly: true }, writer);
    reader.catch(() => undefined);
    this.#writer = await writer;
    this.#reader = await reader;
  }

  async acquireConnection(): Promise<SqliteConnection> {
    if (this.#writer === undefined || this.#reader === undefined) throw new Error('driver not initialised');
    return new SqliteConnection(this.#writer, this.#reader, this.#turns);
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    await connection.begin();
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.end('commit');
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    await connection.end('rollback');
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#reader?.close();
    await this.#writer?.close();
  }
}

/** @param file path of the database; it is created when missing. In-memory databases are not offered. */
export function sqliteDialect(file: string): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteWorkerDriver(file),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
