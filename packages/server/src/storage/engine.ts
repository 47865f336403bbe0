import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely';
import type pg from 'pg';
import { LogSync, type SyncFile } from './log-sync.ts';
import { migrate } from './migrate.ts';
import type { Database, EngineName } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { reservePositions, transact } from './statements.ts';
import { fromPostgres } from './storage-error.ts';

/** A migrated database on either engine. Close it with `db.destroy()`. */
export interface Engine {
  name: EngineName;
  db: Kysely<Database>;
  /** What was committed with the durability `process` before the call is on the disk when it resolves. */
  flush(): Promise<void>;
}

const INT8_OID = 20;

/**
 * @param file path of the SQLite database, created when missing
 * @param syncFile what takes its log to the disk, when it is to be seen how that fails
 */
export async function openSqlite(file: string, syncFile?: SyncFile): Promise<Engine> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = new Kysely<Database>({ dialect: sqliteDialect(file) });
  const log = new LogSync(
    file,
    {
      commit: () => transact(db, [reservePositions(1)]),
      checkpoint: () => wholeCheckpoint(db),
    },
    syncFile,
  );
  return open('sqlite', db, () => log.sync());
}

/** https://sqlite.org/pragma.html#pragma_wal_checkpoint @throws Error when others were in its way */
async function wholeCheckpoint(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
  if (rows[0]?.busy !== 0) throw new Error('the write-ahead log could not be taken over into the database');
}

/** @param url `postgres://user:pass@host:port/database`, PostgreSQL 15 or newer */
export async function openPostgres(url: string): Promise<Engine> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    types: {
      // Times and counters are below 2^53; a string here would be a different type on each engine.
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8_OID && format !== 'binary'
          ? (text: string) => safeInteger(text)
          : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  // The server closed an idle connection, for example to restart. The pool drops it; the next query opens another.
  pool.on('error', () => undefined);
  const dialect = new PostgresDialect({ pool: inWords(pool) });
  // Its commits are on the disk as they are.
  return open('postgres', new Kysely<Database>({ dialect }), async () => undefined);
}

/** The pool, whose errors say in our words that the server is away or its disk is full. */
function inWords(pool: pg.Pool): PostgresPool {
  const told = new WeakSet<pg.PoolClient>();
  return {
    connect: async () => {
      try {
        const client = await pool.connect();
        if (!told.has(client)) {
          told.add(client);
          const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
          const worded = (...args: unknown[]): Promise<unknown> =>
            query(...args).catch((error: unknown) => {
              throw fromPostgres(error);
            });
          Object.assign(client, { query: worded });
        }
        return client;
      } catch (error) {
        throw fromPostgres(error);
      }
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

async function open(name: EngineName, db: Kysely<Database>, flush: Engine['flush']): Promise<Engine> {
  try {
    await migrate(db, name);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { name, db, flush };
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`integer beyond 2^53: ${text}`);
  return value;
}
