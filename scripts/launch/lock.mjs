import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 1_000;
/** A holder that has not touched its lock for this long is dead, whatever now has its process id. */
const STALE_MS = 10_000;
const POLL_MS = 200;

/**
 * Takes a lock file, waiting while another living process holds it.
 * @param {string} file
 * @param {(holder: number) => void} onWait called once when it has to wait
 * @returns {Promise<() => void>} gives the lock back
 */
export async function takeLock(file, onWait) {
  for (let hasSaid = false; !create(file);) {
    const holder = livingHolder(file);
    if (holder === undefined) {
      rmSync(file, { force: true });
      continue;
    }
    if (!hasSaid) onWait(holder);
    hasSaid = true;
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimesSync(file, now, now);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    rmSync(file, { force: true });
  };
}

/** @param {string} file */
function create(file) {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file  @returns {number | undefined} */
function livingHolder(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return undefined;
    const holder = Number(readFileSync(file, 'utf8'));
    // Empty: it was created this very moment, and its holder is about to write.
    if (holder !== 0) process.kill(holder, 0);
    return holder;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM' ? 0 : undefined;
  }
}
