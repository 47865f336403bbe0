/**
 * Worker thread: the only place of the back end where `node:sqlite` runs, so that no query ever
 * holds an event loop that serves sockets. One worker writes, another one reads (WAL lets both go on).
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export interface SqliteWorkerData {
  file: string;
  readOnly: boolean;
}
/** One statement, run for each row of parameters. */
export interface SqliteStep {
  sql: string;
  rows: readonly (readonly unknown[])[];
}
export interface SqliteRequest {
  id: number;
  steps: readonly SqliteStep[];
  /** All steps are one transaction of their own. */
  atomic: boolean;
}
export interface SqliteStepResult {
  rows: unknown[];
  /** Absent for statements that give rows. */
  changes?: number;
}
export interface SqliteReply {
  id: number;
  /** One for each step. */
  results?: SqliteStepResult[];
  error?: { message: string; errcode: number; sql: string };
}

const CACHED_STATEMENTS = 200;
/** How long a statement waits for another program that has locked the database. */
const PATIENCE_MS = 5_000;
/** While it is known to be locked: what has queued up must not wait this long each. */
const SHORT_PATIENCE_MS = 100;
/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

interface Prepared {
  statement: StatementSync;
  givesRows: boolean;
}

function open({ file, readOnly }: SqliteWorkerData): DatabaseSync {
  const database = new DatabaseSync(file, {
    readOnly,
    timeout: PATIENCE_MS,
    enableForeignKeyConstraints: true,
  });
  if (!readOnly) {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;');
  }
  database.exec('PRAGMA cache_size = -32768;');
  return database;
}

/** @returns what answers requests, one after the other */
function answering(database: DatabaseSync): (request: SqliteRequest) => SqliteReply {
  const statements = new Map<string, Prepared>();
  let isLocked = false;

  const noteLock = (locked: boolean): void => {
    if (locked === isLocked) return;
    isLocked = locked;
    database.exec(`PRAGMA busy_timeout = ${locked ? SHORT_PATIENCE_MS : PATIENCE_MS}`);
  };

  const prepare = (sql: string): Prepared => {
    let prepared = statements.get(sql);
    if (prepared === undefined) {
      const statement = database.prepare(sql);
      prepared = { statement, givesRows: statement.columns().length > 0 };
      if (statements.size >= CACHED_STATEMENTS) statements.clear();
      statements.set(sql, prepared);
    }
    return prepared;
  };

  const run = ({ sql, rows }: SqliteStep): SqliteStepResult => {
    const { statement, givesRows } = prepare(sql);
    if (givesRows) {
      // `all` gives null-prototype rows, which structured cloning turns into plain objects.
      return { rows: rows.flatMap((row) => statement.all(...(row as SQLInputValue[]))) };
    }
    let changes = 0;
    for (const row of rows) changes += Number(statement.run(...(row as SQLInputValue[])).changes);
    return { rows: [], changes };
  };

  return ({ id, steps, atomic }) => {
    let sql = 'begin immediate';
    try {
      if (atomic) database.exec(sql);
      const results = steps.map((step) => {
        sql = step.sql;
        return run(step);
      });
      sql = 'commit';
      if (atomic) database.exec(sql);
      noteLock(false);
      return { id, results };
    } catch (error) {
      if (atomic && database.isTransaction) database.exec('rollback');
      const { message, errcode = 0 } = error as Error & { errcode?: number };
      noteLock((errcode & 0xff) === SQLITE_BUSY);
      return { id, error: { message, errcode, sql } };
    }
  };
}

function serve(port: NonNullable<typeof parentPort>): void {
  const database = open(workerData as SqliteWorkerData);
  const answer = answering(database);
  port.on('message', (request: SqliteRequest | 'close') => {
    if (request === 'close') {
      database.close();
      port.close();
      return;
    }
    port.postMessage(answer(request));
  });
  port.postMessage({ id: 0 } satisfies SqliteReply);
}

// `isMainThread` would also be false for a worker that merely imports the types above.
if (parentPort !== null && (workerData as Partial<SqliteWorkerData> | null)?.file !== undefined)
  serve(parentPort);
