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
export interface SqliteRequest {
  id: number;
  sql: string;
  parameters: readonly unknown[];
}
export interface SqliteReply {
  id: number;
  rows?: unknown[];
  changes?: number;
  error?: { message: string; code: string; errcode: number };
}

const CACHED_STATEMENTS = 200;

function open({ file, readOnly }: SqliteWorkerData): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly, timeout: 60_000, enableForeignKeyConstraints: true });
  if (!readOnly) {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;');
  }
  database.exec('PRAGMA cache_size = -32768;');
  return database;
}

function serve(port: NonNullable<typeof parentPort>): void {
  const database = open(workerData as SqliteWorkerData);
  const statements = new Map<string, StatementSync>();

  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      if (statements.size >= CACHED_STATEMENTS) statements.clear();
      statements.set(sql, statement);
    }
    return statement;
  };

  const run = ({ id, sql, parameters }: SqliteRequest): SqliteReply => {
    try {
      const statement = prepare(sql);
      const values = parameters as SQLInputValue[];
      if (statement.columns().length > 0) {
        // `all` gives null-prototype rows, which structured cloning turns into plain objects.
        return { id, rows: statement.all(...values) };
      }
      return { id, rows: [], changes: Number(statement.run(...values).changes) };
    } catch (error) {
      const { message, code, errcode } = error as Error & { code?: string; errcode?: number };
      return { id, error: { message, code: code ?? 'ERR_SQLITE_ERROR', errcode: errcode ?? 0 } };
    }
  };

  port.on('message', (request: SqliteRequest | 'close') => {
    if (request === 'close') {
      database.close();
      port.close();
      return;
    }
    port.postMessage(run(request));
  });
  port.postMessage({ id: 0 } satisfies SqliteReply);
}

// `isMainThread` would also be false for a worker that merely imports the types above.
if (parentPort !== null && (workerData as Partial<SqliteWorkerData> | null)?.file !== undefined)
  serve(parentPort);
