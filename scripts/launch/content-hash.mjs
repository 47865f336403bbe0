import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromRoot } from './root.mjs';

/**
 * A hash of files' names and contents: what was built from them need not be built again while it stays the same.
 * @param {string[]} paths of files and folders, relative to the root; those that do not exist count as such
 * @returns {string}
 */
export function contentHash(paths) {
  const hash = createHash('sha256');
  for (const path of paths) add(path);
  return hash.digest('hex');

  /** @param {string} path */
  function add(path) {
    const file = fromRoot(path);
    if (!existsSync(file)) return;
    if (statSync(file).isDirectory()) {
      for (const name of readdirSync(file).sort()) add(join(path, name));
    } else {
      hash.update(`${path}\0`).update(readFileSync(file)).update('\0');
    }
  }
}
