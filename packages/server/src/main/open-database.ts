import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { AppError } from '../kernel/errors.ts';
import { openPostgres, openSqlite, type Engine } from '../storage/engine.ts';

/** @throws AppError `misconfigured` when a database server cannot be reached or does not let us in */
export async function openDatabase(config: Pick<Config, 'database' | 'dataDir'>): Promise<Engine> {
  if (config.database.engine === 'sqlite') return openSqlite(join(config.dataDir, 'waybill.db'));
  try {
    return await openPostgres(config.database.url);
  } catch (error) {
    const { host, pathname } = new URL(config.database.url);
    throw new AppError(
      'misconfigured',
      `The database ${host}${pathname} cannot be used: ${(error as Error).message.replace(/\.$/, '')}. WAYBILL_DATABASE_URL names it.`,
      { cause: error },
    );
  }
}
