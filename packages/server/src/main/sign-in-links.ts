import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Accounts } from '../api/api.ts';
import { listenUrl, loadConfig } from '../config/load.ts';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { systemRandom } from '../kernel/ids.ts';
import { StoredAccounts } from '../storage/account-store.ts';
import { openDatabase } from './open-database.ts';
import type { LocalServer } from './local-file.ts';

/** For `waybill sign-in`, which works on the database itself: whoever may read that may sign in first. */
export async function openSignInLinks(): Promise<string | undefined> {
  const config = loadConfig();
  const local = readLocal(config.dataDir);
  // A link made elsewhere would open nothing, and a database made here nobody asked for.
  const isUnused =
    local === undefined &&
    (config.httpListen.port === 0 ||
      (config.database.engine === 'sqlite' && !existsSync(join(config.dataDir, 'waybill.db'))));
  if (isUnused) {
    throw new AppError(
      'unavailable',
      `No server has run on ${config.dataDir} yet. "npm start" runs one and prints a link; WAYBILL_DATA_DIR names another data directory.`,
    );
  }
  const engine = await openDatabase(config);
  try {
    const accounts = new Accounts({
      store: new StoredAccounts(engine.db),
      clock: systemClock,
      random: systemRandom,
    });
    await accounts.ensureDefaultWorkspace();
    return await accounts.createSignInLink(config.dashboardUrl ?? local?.url ?? listenUrl(config.httpListen));
  } finally {
    await engine.db.destroy();
  }
}

function readLocal(dataDir: string): LocalServer | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'run', 'local.json'), 'utf8')) as LocalServer;
  } catch {
    return undefined;
  }
}
