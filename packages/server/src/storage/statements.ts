import { CompiledQuery, SqliteAdapter, type Kysely } from 'kysely';
import { chunks } from './chunks.ts';
import type { Database } from './schema.ts';
import { shareTexts, type SharedTexts } from './shared-texts.ts';
import type { TransactionPart } from '../messages/messages.ts';
import { NOTHING_CHANGED, SqliteScript, type Durability, type StepOutcome } from './sqlite-dialect.ts';
import { SqliteError } from './storage-error.ts';

/**
 * One statement for many rows of parameters, which stand in it as `?`. The hot paths use these instead of built
 * queries: the text stays the same, so it is compiled once, and SQLite's thread gets all of it in one message.
 */
export interface Statement {
  sql: string;
  rows: readonly (readonly unknown[])[];
  /** Each row of parameters must change a row, or the transaction fails. @see isStale */
  mustChange?: boolean;
  /** Of an insert: what stands before, for and behind one row, so that PostgreSQL gets many rows at once. */
  insert?: { head: string; row: string; tail: string };
}

/** Whether it was a statement with `mustChange` that ended a transaction on SQLite. */
export function isStale(error: unknown): boolean {
  return error instanceof SqliteError && error.errcode === NOTHING_CHANGED;
}

/** For a store that joins these to a transaction of its own. */
export function asPart(statements: readonly Statement[]): TransactionPart {
  return statements as unknown as TransactionPart;
}

/** Parts are made by {@link asPart} only. */
export function statementsOf(part: TransactionPart | undefined): readonly Statement[] {
  return part === undefined ? [] : (part as unknown as readonly Statement[]);
}

type Executor = Pick<Kysely<Database>, 'executeQuery' | 'getExecutor'>;

/** Runs statements in their order, inside the transaction that `tx` is. @returns the rows each one gave */
export async function runStatements(
  tx: Executor,
  statements: readonly Statement[],
): Promise<StepOutcome['rows'][]> {
  if (isSqlite(tx)) return runOnSqlite(tx, statements, { atomic: false });
  const results: unknown[][] = [];
  for (const statement of statements) results.push(await runOnPostgres(tx, statement));
  return results;
}

/** The same as a transaction of its own. @param durability of SQLite's commit; PostgreSQL's are on the disk */
export async function transact(
  db: Kysely<Database>,
  statements: readonly Statement[],
  durability: Durability = 'disk',
): Promise<StepOutcome['rows'][]> {
  if (isSqlite(db)) return runOnSqlite(db, statements, { atomic: true, durability });
  return db.transaction().execute((tx) => runStatements(tx, statements));
}

/** What these give of one moment, which may be past when it is looked at: only of SQLite, where others may write meanwhile. */
export function look(db: Kysely<Database>, statements: readonly Statement[]): Promise<StepOutcome['rows'][]> {
  return runOnSqlite(db, statements, { atomic: true, readOnly: true });
}

/**
 * Rows of the same columns.
 * @param options.expressions SQL for a column, with one `?` for the value that the row gives
 * @param options.onConflict column whose conflict leaves the old row as it is
 */
export function insertion<T extends keyof Database>(
  table: T,
  rows: readonly Record<string, unknown>[],
  options: { expressions?: Record<string, string>; onConflict?: string } = {},
): Statement {
  const [first] = rows;
  if (first === undefined) return { sql: '', rows: [] };
  const columns = Object.keys(first);
  const head = `insert into "${table}" (${columns.map((column) => `"${column}"`).join(', ')}) values `;
  const row = `(${columns.map((column) => options.expressions?.[column] ?? '?').join(', ')})`;
  const tail = options.onConflict === undefined ? '' : ` on conflict (${options.onConflict}) do nothing`;
  return {
    sql: head + row + tail,
    rows: rows.map((values) => columns.map((column) => values[column])),
    insert: { head, row, tail },
  };
}

/** The change number of an event, counted back from the last one that this transaction reserved. */
export const POSITION_BACK = "(select value from counters where name = 'position') - ?";

/** Reserves change numbers inside the transaction. @see nextPositions */
export function reservePositions(count: number): Statement {
  return {
    sql: "update counters set value = value + ? where name = 'position'",
    rows: count === 0 ? [] : [[count]],
  };
}

function isSqlite(executor: Executor): boolean {
  return executor.getExecutor().adapter instanceof SqliteAdapter;
}

async function runOnSqlite(
  executor: Executor,
  statements: readonly Statement[],
  how: { atomic: boolean; durability?: Durability; readOnly?: boolean },
): Promise<unknown[][]> {
  const shared: SharedTexts = new Map();
  const steps = statements
    .filter(({ rows }) => rows.length > 0)
    .map(({ sql, rows, mustChange = false }) => ({ sql, rows: shareTexts(rows, shared), mustChange }));
  if (steps.length === 0) return statements.map(() => []);
  const { rows: results } = await executor.executeQuery<StepOutcome>(new SqliteScript(steps, how));
  let next = 0;
  return statements.map(({ rows }) => (rows.length === 0 ? [] : (results[next++]?.rows ?? [])));
}

async function runOnPostgres(
  executor: Executor,
  { sql, rows, insert, mustChange }: Statement,
): Promise<unknown[]> {
  const results: unknown[] = [];
  if (insert !== undefined) {
    for (const part of chunks(rows)) {
      const text = insert.head + part.map(() => insert.row).join(', ') + insert.tail;
      await executor.executeQuery(CompiledQuery.raw(numbered(text), part.flat()));
    }
    return results;
  }
  const text = numbered(sql);
  for (const row of rows) {
    const result = await executor.executeQuery(CompiledQuery.raw(text, [...row]));
    if (mustChange === true && result.numAffectedRows === 0n) throw new Error(`no row was changed (${text})`);
    results.push(...result.rows);
  }
  return results;
}

/** PostgreSQL counts its parameters. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}
