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
import type {
  SqliteReply,
  SqliteRequest,
  SqliteStep,
  SqliteStepResult,
  SqliteWorkerData,
} from './sqlite-worker.ts';

export type { SqliteStepResult } from './sqlite-worker.ts';

/** Several statements in one message; the result's rows are one SqliteStepResult for each. */
export class SqliteScript implements CompiledQuery<SqliteStepResult> {
  readonly #raw = CompiledQuery.raw('');
  readonly query = this.#raw.query;
  readonly queryId = this.#raw.queryId;
  readonly sql = '';
  readonly parameters = [];
  readonly steps: readonly SqliteStep[];
  /** A transaction of its own; otherwise part of the one that is open. */
  readonly atomic: boolean;

  constructor(steps: readonly SqliteStep[], atomic: boolean) {
    this.steps = steps;
    this.atomic = atomic;
  }
}

/** An error of the engine; `errcode` is SQLite's extended result code (https://sqlite.org/rescode.html). */
export class SqliteError extends Error {
  readonly code: string;
  readonly errcode: number;
  constructor(message: string, code: string, errcode: number) {
    super(message);
    this.name = 'SqliteError';
    this.code = code;
    this.errcode = errcode;
  }
}

class WorkerDatabase {
  readonly #worker: Worker;
  readonly #pending = new Map<
    number,
    { resolve: (reply: SqliteReply) => void; reject: (error: Error) => void }
  >();
  readonly #closed: Promise<void>;
  #failure: Error | undefined;
  #nextId = 1;

  private constructor(data: SqliteWorkerData) {
    this.#worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: data });
    this.#worker.on('message', (reply: SqliteReply) => this.#settle(reply));
    this.#worker.on('error', (error: unknown) => this.#fail(error as Error));
    this.#closed = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new Error('the database thread has ended'));
        resolve();
      });
    });
  }

  static async open(data: SqliteWorkerData): Promise<WorkerDatabase> {
    const database = new WorkerDatabase(data);
    await new Promise<SqliteReply>((resolve, reject) => database.#pending.set(0, { resolve, reject }));
    return database;
  }

  async run<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    const [result] = await this.runAll([{ sql, rows: [parameters] }], false);
    return {
      rows: (result?.rows ?? []) as R[],
      ...(result?.changes === undefined ? {} : { numAffectedRows: BigInt(result.changes) }),
    };
  }

  async runAll(steps: readonly SqliteStep[], atomic: boolean): Promise<SqliteStepResult[]> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId++;
    const { results, error } = await new Promise<SqliteReply>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, steps, atomic } satisfies SqliteRequest);
    });
    if (error !== undefined) {
      throw new SqliteError(`${error.message} (${error.sql})`, error.code, error.errcode);
    }
    return results ?? [];
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage('close');
    await this.#closed;
  }

  #settle(reply: SqliteReply): void {
    this.#pending.get(reply.id)?.resolve(reply);
    this.#pending.delete(reply.id);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** First come, first served; held by a transaction or by a single writing statement. */
class Mutex {
  #tail: Promise<void> = Promise.resolve();
  async acquire(): Promise<() => void> {
    const before = this.#tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tail = promise;
    await before;
    return resolve;
  }
}

/** Outside a transaction, selects go to the reading worker and everything else queues for the writer. */
class SqliteConnection implements DatabaseConnection {
  readonly #writer: WorkerDatabase;
  readonly #reader: WorkerDatabase;
  readonly #mutex: Mutex;
  #release: (() => void) | undefined;

  constructor(writer: WorkerDatabase, reader: WorkerDatabase, mutex: Mutex) {
    this.#writer = writer;
    this.#reader = reader;
    this.#mutex = mutex;
  }

  async begin(): Promise<void> {
    const release = await this.#mutex.acquire();
    try {
      await this.#writer.run('begin immediate', []);
      this.#release = release;
    } catch (error) {
      release();
      throw error;
    }
  }

  async end(statement: 'commit' | 'rollback'): Promise<void> {
    try {
      await this.#writer.run(statement, []);
    } finally {
      this.#release?.();
      this.#release = undefined;
    }
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    if (compiled instanceof SqliteScript) return { rows: (await this.#runScript(compiled)) as R[] };
    const { sql, parameters, query } = compiled;
    if (this.#release !== undefined) return this.#writer.run<R>(sql, parameters);
    if (SelectQueryNode.is(query)) return this.#reader.run<R>(sql, parameters);
    const release = await this.#mutex.acquire();
    try {
      return await this.#writer.run<R>(sql, parameters);
    } finally {
      release();
    }
  }

  async #runScript({ steps, atomic }: SqliteScript): Promise<SqliteStepResult[]> {
    if (this.#release !== undefined) return this.#writer.runAll(steps, false);
    const release = await this.#mutex.acquire();
    try {
      return await this.#writer.runAll(steps, atomic);
    } finally {
      release();
    }
  }

  // eslint-disable-next-line require-yield -- the interface asks for a generator
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not offered on SQLite: page with a cursor instead');
  }
}

class SqliteWorkerDriver implements Driver {
  readonly #file: string;
  readonly #mutex = new Mutex();
  #writer: WorkerDatabase | undefined;
  #reader: WorkerDatabase | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async init(): Promise<void> {
    // The writer first: it creates the file and switches it to WAL.
    this.#writer = await WorkerDatabase.open({ file: this.#file, readOnly: false });
    this.#reader = await WorkerDatabase.open({ file: this.#file, readOnly: true });
  }

  async acquireConnection(): Promise<SqliteConnection> {
    if (this.#writer === undefined || this.#reader === undefined) throw new Error('driver not initialised');
    return new SqliteConnection(this.#writer, this.#reader, this.#mutex);
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
