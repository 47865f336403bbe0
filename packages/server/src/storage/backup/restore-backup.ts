import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { extract } from 'tar';
import { AppError } from '../../kernel/errors.ts';
import { refuseNewerSchema } from '../schema-check.ts';
import { syncPath } from '../sync-path.ts';
import { DATABASE_FILE, readManifest, verifyFile, type Manifest } from './manifest.ts';
import { isArchive } from './write-backup.ts';

/**
 * Puts a backup into an empty data directory, after every file of it was found to be as it was written. Either all of it
 * is there in the end, or nothing.
 * @param source a directory or an archive
 * @throws AppError `conflict` when the data directory is not empty, `invalid-input` for what is no sound backup
 */
export async function restoreBackup(source: string, dataDir: string): Promise<Manifest> {
  await refuseFilled(dataDir);
  await mkdir(dirname(dataDir), { recursive: true });
  // Beside it, so that a rename will do.
  const work = await mkdtemp(`${dataDir}.restoring-`);
  try {
    const manifest = await readSource(source, work);
    const content = join(work, 'data');
    checkDatabase(manifest, join(content, DATABASE_FILE));
    await putInPlace(content, dataDir, manifest);
    return manifest;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function refuseFilled(dataDir: string): Promise<void> {
  const present = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new AppError('misconfigured', `${dataDir} cannot be used: ${error.message}`, { cause: error });
  });
  // What a file system of its own has from the start.
  if (present.every((name) => name === 'lost+found')) return;
  throw new AppError(
    'conflict',
    `${dataDir} is not empty, and nothing in it is overwritten. Move it away, or name another directory by WAYBILL_DATA_DIR.`,
  );
}

/** Copies the source's files, verified, to `<work>/data`. */
async function readSource(source: string, work: string): Promise<Manifest> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) throw new AppError('not-found', `There is no ${source}.`);
  let directory = source;
  if (!found.isDirectory()) {
    if (!isArchive(source)) {
      throw new AppError(
        'invalid-input',
        `${source} is neither a directory nor an archive that ends in .tgz.`,
      );
    }
    directory = join(work, 'unpacked');
    await mkdir(directory, { mode: 0o700 });
    await extract({ file: source, cwd: directory, strict: true }).catch((error: unknown) => {
      throw new AppError('invalid-input', `${source} cannot be unpacked: ${(error as Error).message}`, {
        cause: error,
      });
    });
  }
  const manifest = await readManifest(directory);
  for (const file of manifest.files) {
    await verifyFile(directory, file);
    const to = join(work, 'data', file.path);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await copyFile(join(directory, file.path), to);
    await chmod(to, 0o600);
    await syncPath(to);
  }
  return manifest;
}

function checkDatabase(manifest: Manifest, file: string): void {
  if (manifest.database === 'postgres') return;
  refuseNewerSchema(file);
  const database = new DatabaseSync(file);
  try {
    const rows = database.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
    const [verdict] = rows;
    if (verdict?.integrity_check !== 'ok') {
      throw new AppError(
        'invalid-input',
        `The database of the backup is damaged: ${verdict?.integrity_check}. Use another one.`,
      );
    }
  } finally {
    database.close();
  }
}

/** By a rename; where the data directory is a mount point, file by file, the database as the last. */
async function putInPlace(content: string, dataDir: string, manifest: Manifest): Promise<void> {
  try {
    await rmdir(dataDir).catch(ignoreMissing);
    await rename(content, dataDir);
    await syncPath(dirname(dataDir));
    return;
  } catch (error) {
    if (!['EBUSY', 'EXDEV', 'ENOTEMPTY', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
  const paths = manifest.files.map(({ path }) => path);
  const ordered = paths.toSorted((a, b) => Number(a === DATABASE_FILE) - Number(b === DATABASE_FILE));
  try {
    for (const path of ordered) {
      const to = join(dataDir, path);
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      await copyFile(join(content, path), to);
      await syncPath(to);
    }
  } catch (error) {
    for (const path of new Set(paths.map((each) => each.split('/')[0] ?? each))) {
      await rm(join(dataDir, path), { recursive: true, force: true });
    }
    throw error;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
