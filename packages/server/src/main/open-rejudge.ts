import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RejudgeDependencies } from '../cli/rejudge.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { createLookup } from '../storage/lookup.ts';
import { KyselyRejudgeStore } from '../storage/rejudge-store.ts';
import { openDatabase } from './open-database.ts';

/** For `waybill rejudge`, which works on the database itself, beside a server that may be running. */
export async function openRejudge(
  onMissing: (sentence: string) => void,
): ReturnType<RejudgeDependencies['open']> {
  const config = loadConfig();
  if (config.database.engine === 'sqlite' && !existsSync(join(config.dataDir, 'waybill.db'))) {
    throw new AppError(
      'unavailable',
      `There is no database in ${config.dataDir}: no server has run there yet.`,
    );
  }
  const engine = await openDatabase(config);
  return {
    store: new KyselyRejudgeStore(engine, systemClock),
    lookup: await createLookup({ fetchedDirectory: join(config.dataDir, 'tables'), onMissing }),
    close: () => engine.db.destroy(),
  };
}
