import { statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** A page of a database and its like would not fit if this does not. */
const PROBE = Buffer.alloc(65_536);
/** However often it is asked, the disk is written to once in this time. */
const REMEMBER_MS = 1_000;

/**
 * A check for the readiness: whether the data directory takes a file, as a full, read-only or lost disk does not.
 * @returns the check, which throws an AppError with the reason in words
 */
export function writableDisk(dataDir: string, clock: Clock): () => Promise<void> {
  let last: { at: number; outcome: Promise<void> } | undefined;
  return () => {
    const now = clock();
    // Also when the clock was set back.
    if (last === undefined || Math.abs(now - last.at) > REMEMBER_MS)
      last = { at: now, outcome: probe(dataDir) };
    return last.outcome;
  };
}

async function probe(dataDir: string): Promise<void> {
  const file = join(dataDir, 'run', `disk-probe-${process.pid}`);
  try {
    await writeFile(file, PROBE);
  } catch (error) {
    throw await reasonOf(error as NodeJS.ErrnoException, dataDir);
  } finally {
    await unlink(file).catch(() => undefined);
  }
}

async function reasonOf(error: NodeJS.ErrnoException, dataDir: string): Promise<AppError> {
  const cause = { cause: error };
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') {
    return new AppError('unavailable', `The data directory cannot be written to (${error.code}).`, cause);
  }
  const free = await statfs(dataDir).then(
    ({ bavail, bsize }) => `${Math.floor((bavail * bsize) / 1024)} KB are free`,
    () => 'how much is free is not known',
  );
  return new AppError('storage-full', `The disk of the data directory is full: ${free}.`, cause);
}
