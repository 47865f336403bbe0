/**
 * Worker thread: the only place of the back end where `node:sqlite` runs, so that no query ever
 * holds an event loop that serves sockets. One worker writes, another one reads (WAL lets both go on).
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { shareTexts, unshareTexts, type SharedTexts } from './shared-texts.ts';

export interface SqliteWorkerData {
  file: string;
  readOnly: boolean;
  /** Open the file only when told to. */
  isOnHold: boolean;
}
/** One statement, run for each row of parameters. */
export interface SqliteStep {
  sql: string;
  /** @see shareTexts */
  rows: readonly (readonly unknown[])[];
  /** Each row of parameters must change a row, or the whole request fails with {@link NOTHING_CHANGED}. */
  mustChange?: boolean;
}
export interface SqliteRequest {
  id: number;
  steps: readonly SqliteStep[];
  /** All steps or none: in a transaction of their own, or in one that other such requests share. */
  atomic: boolean;
  /** Only with `atomic`: whoever asked waits for nothing but the commit, see {@link Durability}. */
  durability: Durability;
}
/**
 * `disk`: the commit is on the disk. `process`: it survives the end of this process, and a failure of power from the next
 * commit to the disk on, since the log is one file.
 */
export type Durability = 'disk' | 'process';
export interface SqliteStepResult {
  /** Values in the order of `columns`: names that came with each row would be most of the message. @see shareTexts */
  rows: unknown[][];
  /** Of statements that give rows. */
  columns?: readonly string[];
  /** Absent for statements that give rows. */
  changes?: number;
}
export interface SqliteReply {
  id: number;
  /** One for each step. */
  results?: SqliteStepResult[];
  error?: { message: string; errcode: number; sql: string };
}

/** Of the error when a step that must change a row found none; SQLite's own codes are positive. */
export const NOTHING_CHANGED = -1;

const CACHED_STATEMENTS = 200;
/** How long a statement waits for another program that has locked the database. */
const PATIENCE_MS = 5_000;
/** While it is known to be locked: what has queued up must not wait this long each. */
const SHORT_PATIENCE_MS = 100;
/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
/** An answer does not wait longer than this for those to requests that came with it. */
const PROMPT_MS = 2;

interface Prepared {
  statement: StatementSync;
  /** None when it gives no rows. */
  columns: readonly string[];
}

function open({ file, readOnly }: SqliteWorkerData): DatabaseSync {
  const database = new DatabaseSync(file, {
    readOnly,
    timeout: PATIENCE_MS,
    enableForeignKeyConstraints: true,
  });
  if (!readOnly) {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000;',
    );
  }
  database.exec('PRAGMA cache_size = -32768;');
  return database;
}

function columnsOf(statement: StatementSync): string[] {
  return statement.columns().map(({ name }) => name);
}

function arraysOf(statement: StatementSync, row: readonly unknown[]): unknown[][] {
  // The types know nothing of `setReturnArrays`.
  return statement.all(...(row as SQLInputValue[])) as unknown as unknown[][];
}

/** @param texts of the reply that the rows go into */
type RunStep = (step: SqliteStep, texts: SharedTexts) => SqliteStepResult;

/** Runs one step with statements that are compiled once. */
function stepsOn(database: DatabaseSync): RunStep {
  const statements = new Map<string, Prepared>();

  const prepare = (sql: string): Prepared => {
    let prepared = statements.get(sql);
    if (prepared === undefined) {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      prepared = { statement, columns: columnsOf(statement) };
      if (statements.size >= CACHED_STATEMENTS) statements.clear();
      statements.set(sql, prepared);
    }
    return prepared;
  };

  return ({ sql, rows, mustChange }, texts) => {
    unshareTexts(rows as unknown[][]);
    const prepared = prepare(sql);
    const { statement } = prepared;
    if (prepared.columns.length > 0) {
      const found = rows.flatMap((row) => arraysOf(statement, row));
      // SQLite compiles `select *` again by itself when a column has come.
      if (found[0] !== undefined && found[0].length !== prepared.columns.length)
        prepared.columns = columnsOf(statement);
      return { rows: shareTexts(found, texts), columns: prepared.columns };
    }
    let changes = 0;
    for (const row of rows) {
      const changed = Number(statement.run(...(row as SQLInputValue[])).changes);
      if (mustChange === true && changed === 0) {
        throw Object.assign(new Error('no row was changed'), { errcode: NOTHING_CHANGED });
      }
      changes += changed;
    }
    return { rows: [], changes };
  };
}

/** Answers requests in their order. Atomic ones that come together share a transaction, and so an fsync. */
class Answers {
  readonly #database: DatabaseSync;
  readonly #run: RunStep;
  readonly #post: (replies: readonly SqliteReply[]) => void;
  /** A transaction that will write says so at once, or it may have to begin again. */
  readonly #transaction: Frame;
  #ready: SqliteReply[] = [];
  #isLocked = false;
  #durability: Durability = 'disk';

  constructor(
    database: DatabaseSync,
    { readOnly, post }: { readOnly: boolean; post: (replies: readonly SqliteReply[]) => void },
  ) {
    this.#database = database;
    this.#transaction = {
      begin: readOnly ? 'begin' : 'begin immediate',
      commit: 'commit',
      rollback: 'rollback',
    };
    this.#run = stepsOn(database);
    this.#post = post;
  }

  answer(requests: readonly SqliteRequest[]): void {
    const begun = performance.now();
    for (let next = 0; next < requests.length;) {
      const end = requests.findIndex(({ atomic }, index) => index >= next && !atomic);
      const together = requests.slice(next, end === -1 ? requests.length : Math.max(end, next + 1));
      next += together.length;
      this.#ready.push(...this.#answerTogether(together));
      if (performance.now() - begun > PROMPT_MS) this.#flush();
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#ready.length > 0) this.#post(this.#ready);
    this.#ready = [];
  }

  /** One request, or several atomic ones of which one that fails leaves the others as they are. */
  #answerTogether(requests: readonly SqliteRequest[]): SqliteReply[] {
    const [first] = requests;
    this.#flushTo(requests.every(({ durability }) => durability === 'process') ? 'process' : 'disk');
    if (requests.length === 1 && first !== undefined) return [this.#answerOne(first, this.#transaction)];
    const { begin, commit } = this.#transaction;
    try {
      this.#database.exec(begin);
      const replies = requests.map((request) => {
        const reply = this.#answerOne(request, SAVEPOINT);
        // Some errors, a full disk for one, end the transaction of all.
        if (!this.#database.isTransaction)
          throw Object.assign(new Error('the transaction was given up'), reply.error);
        return reply;
      });
      this.#database.exec(commit);
      this.#noteLock(false);
      return replies;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      return requests.map(({ id }) => ({ id, error: this.#described(error, 'commit') }));
    }
  }

  #answerOne({ id, steps, atomic }: SqliteRequest, frame: Frame): SqliteReply {
    const { begin, commit, rollback } = frame;
    let sql: string = begin;
    const texts: SharedTexts = new Map();
    try {
      if (atomic) this.#database.exec(sql);
      const results = steps.map((step) => {
        sql = step.sql;
        return this.#run(step, texts);
      });
      sql = commit;
      if (atomic) this.#database.exec(sql);
      if (frame !== SAVEPOINT) this.#noteLock(false);
      return { id, results };
    } catch (error) {
      if (atomic && this.#database.isTransaction) this.#database.exec(rollback);
      return { id, error: this.#described(error, sql) };
    }
  }

  #described(error: unknown, sql: string): NonNullable<SqliteReply['error']> {
    const { message, errcode = 0 } = error as Error & { errcode?: number };
    this.#noteLock((errcode & 0xff) === SQLITE_BUSY);
    return { message, errcode, sql };
  }

  #flushTo(durability: Durability): void {
    // Within a transaction it stays what it was at its beginning.
    if (durability === this.#durability || this.#database.isTransaction) return;
    this.#durability = durability;
    this.#database.exec(`PRAGMA synchronous = ${durability === 'disk' ? 'FULL' : 'NORMAL'}`);
  }

  #noteLock(locked: boolean): void {
    if (locked === this.#isLocked) return;
    this.#isLocked = locked;
    this.#database.exec(`PRAGMA busy_timeout = ${locked ? SHORT_PATIENCE_MS : PATIENCE_MS}`);
  }
}

interface Frame {
  begin: string;
  commit: string;
  rollback: string;
}
const SAVEPOINT: Frame = {
  begin: 'savepoint request',
  commit: 'release request',
  rollback: 'rollback to request; release request',
};

function serve(port: NonNullable<typeof parentPort>): void {
  const data = workerData as SqliteWorkerData;
  let database: DatabaseSync | undefined;
  let answers: Answers | undefined;
  const begin = (): void => {
    database = open(data);
    const post = (replies: readonly SqliteReply[]): void => port.postMessage(replies);
    answers = new Answers(database, { readOnly: data.readOnly, post });
    post([{ id: 0 }]);
  };
  port.on('message', (message: readonly SqliteRequest[] | 'open' | 'close') => {
    if (message === 'open') begin();
    else if (message === 'close') {
      database?.close();
      port.close();
    } else answers?.answer(message);
  });
  if (!data.isOnHold) begin();
}

// `isMainThread` would also be false for a worker that merely imports the types above.
if (parentPort !== null && (workerData as Partial<SqliteWorkerData> | null)?.file !== undefined)
  serve(parentPort);
