import { existsSync } from 'node:fs';
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs';
import { foundOnce } from './found-once.mjs';

/** Debian packages of the fault suite, each with a file by which it is known. */
const TOOLS = {
  strace: '/usr/bin/strace',
  faketime: '/usr/bin/faketime',
};
const memory = foundOnce('fault-tools');

/** @type {import('./steps.mjs').Step} with which tests watch system calls and set the clock of a process */
export const faultToolsStep = {
  name: 'strace and faketime for the fault tests',
  isNeeded: () => missing().length > 0 && memory.recall() === undefined,
  run: async ({ tool }) => {
    let reason = 'strace and faketime are not both here, and only root on Debian can install them by itself';
    if (canInstallDebianPackages()) {
      try {
        await installDebianPackages(tool, missing());
        if (missing().length === 0) return 'from Debian’s packages';
        reason = `Debian’s packages did not bring ${missing().join(', ')}`;
      } catch (error) {
        reason = `they could not be installed: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    memory.remember({ reason });
    return `not both; tests that need them are skipped: ${reason}`;
  },
};

/** @returns {string | undefined} why they are not there */
export function faultToolsReason() {
  return missing().length === 0 ? undefined : memory.recall()?.reason;
}

function missing() {
  return Object.entries(TOOLS)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
}
