import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, absolute, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Where the launcher keeps what it knows: its log, its lock, stamps. Ignored by git; safe to delete. */
export const STATE_DIR = join(ROOT, '.waybill');

/** @param {string[]} parts  @returns {string} an absolute path below the root */
export const fromRoot = (...parts) => join(ROOT, ...parts);
