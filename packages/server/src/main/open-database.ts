import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { openPostgres, openSqlite, type Engine } from '../storage/engine.ts';

export function openDatabase(config: Pick<Config, 'database' | 'dataDir'>): Promise<Engine> {
  return config.database.engine === 'postgres'
    ? openPostgres(config.database.url)
    : openSqlite(join(config.dataDir, 'waybill.db'));
}
