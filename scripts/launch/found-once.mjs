import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './lock-file.mjs';
import { STATE_DIR } from './root.mjs';

const TRY_AGAIN_MS = 60 * 60 * 1000;

/**
 * Remembers what only tests need and what this machine may not have. That it could not be had is remembered for an
 * hour, so that each `npm test` does not try in vain to download it.
 * @param {string} name of the file that remembers
 */
export function foundOnce(name) {
  const file = join(STATE_DIR, `${name}.json`);
  return {
    /** @returns {{ path?: string, reason?: string } | undefined} */
    recall() {
      const memory = readJson(file);
      if (memory?.reason !== undefined && Date.now() - memory.at > TRY_AGAIN_MS) return undefined;
      return memory;
    },
    /** @param {{ path: string } | { reason: string }} outcome */
    remember(outcome) {
      writeFileSync(file, `${JSON.stringify({ at: Date.now(), ...outcome })}\n`);
    },
    forget: () => rmSync(file, { force: true }),
  };
}
