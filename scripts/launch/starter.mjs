import { readFileSync } from 'node:fs';

/**
 * Who started the launcher: its parent, and when that is only the shell in which npm runs a script, npm itself. That
 * shell would live on when npm is killed. Read at once, since npm may be killed while packages are being installed.
 */
const PARENT = process.ppid;
const NPM =
  process.env['npm_lifecycle_event'] !== undefined && isShell(PARENT) ? parentOf(PARENT) : undefined;

/** @returns {boolean} false when the starter has died, so that nobody is left to stop what it started */
export function starterIsThere() {
  return process.ppid === PARENT && (NPM === undefined || parentOf(PARENT) === NPM);
}

/** @param {number} pid  @returns {boolean} false where there is no /proc; shells elsewhere replace themselves */
function isShell(pid) {
  return /^(?:ba|da|z|k|a)?sh$/.test(read(`/proc/${pid}/comm`).trim());
}

/** @param {number} pid  @returns {string | undefined} */
function parentOf(pid) {
  return /^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
