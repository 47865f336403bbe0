import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs';
import { foundOnce } from './found-once.mjs';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const memory = foundOnce('postgres');

/** @type {import('./steps.mjs').Step} server programs, from which tests start private servers; nothing is left running */
export const postgresStep = {
  name: 'PostgreSQL for the tests',
  isNeeded: () => !hasPostgres() && memory.recall() === undefined,
  run: async ({ tool }) => {
    let reason = 'no PostgreSQL here, and only root on Debian can install it by itself: install `postgresql`';
    if (canInstallDebianPackages()) {
      try {
        await installDebianPackages(tool, ['postgresql']);
        if (hasPostgres()) return 'from Debian’s packages';
      } catch (error) {
        reason = `PostgreSQL could not be installed: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    memory.remember({ reason });
    return `none; tests that need one are skipped: ${reason}`;
  },
};

/** @returns {string | undefined} why there is none */
export function postgresReason() {
  return hasPostgres() ? undefined : memory.recall()?.reason;
}

function hasPostgres() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (existsSync(DEBIAN_FOLDER)) {
    folders.push(...readdirSync(DEBIAN_FOLDER).map((version) => join(DEBIAN_FOLDER, version, 'bin')));
  }
  return folders.some((folder) => existsSync(join(folder, 'initdb')));
}
