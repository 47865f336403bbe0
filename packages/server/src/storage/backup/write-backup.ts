import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create } from 'tar';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { syncPath } from '../sync-path.ts';
import { DATABASE_FILE, describe, MANIFEST_FILE, newManifest, type Manifest } from './manifest.ts';

/** Of the data directory these are not copied as they are: what only a running server needs, and what needs care. */
const APART = new Set(['run', 'hits', 'edge']);
/** SQLite's companions: what they hold is in the copy of the database. */
const COMPANION = /-(?:wal|shm|journal)$/;
const DATABASE = /\.db$/;

export interface BackupOptions {
  dataDir: string;
  /** A directory that does not exist or is empty, or a file that ends in `.tgz` or `.tar.gz` and does not exist. */
  target: string;
  database: 'sqlite' | 'postgres';
  hasMasterKeys: boolean;
  clock: Clock;
}

/** What was done, for people. */
export interface BackupSummary {
  manifest: Manifest;
  sizeBytes: number;
  /** Of the embedded database. */
  counts?: { messages: number; hits: number; queued: number };
}

export function isArchive(path: string): boolean {
  return /\.(?:tgz|tar\.gz)$/.test(path);
}

/**
 * Writes a backup beside a server that may be running, whole or not at all.
 *
 * The order is what makes it complete: first the hits' logs, then the database. A hit is removed from its log only once
 * it is in the database; so what the copied log lacks is in the database's copy, and what is in both is passed over
 * by the cursor that was copied with it. The deny set's file comes before the database, too, so that its version is never
 * ahead of the database's.
 * @throws AppError `conflict` when the target is in use, `not-found` when there is nothing to back up
 */
export async function writeBackup(options: BackupOptions): Promise<BackupSummary> {
  const { dataDir, target, clock } = options;
  await refuseUsed(target);
  if (!relative(dataDir, target).startsWith('..')) {
    throw new AppError(
      'conflict',
      `${target} is in the data directory: the next backup would hold it. Choose a place outside.`,
    );
  }
  if (!existsSync(join(dataDir, 'keys')) && !existsSync(join(dataDir, DATABASE_FILE))) {
    throw new AppError(
      'not-found',
      `There is nothing in ${dataDir} to back up. WAYBILL_DATA_DIR names another.`,
    );
  }
  const work = `${target}.unfinished-${process.pid}`;
  const startedAt = new Date(clock()).toISOString();
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
    if (options.database === 'sqlite') await copyTree(dataDir, work, 'edge');
    await copyTree(dataDir, work, 'hits');
    if (options.database === 'sqlite') copyDatabase(join(dataDir, DATABASE_FILE), join(work, DATABASE_FILE));
    for (const name of await names(dataDir)) if (!isApart(name)) await copyTree(dataDir, work, name);
    const paths = (await filesBelow(work)).toSorted();
    const files = [];
    for (const path of paths) files.push(await describe(work, path));
    const facts = factsOf(join(work, DATABASE_FILE));
    const manifest = newManifest({
      startedAt,
      database: options.database,
      schema: facts?.schema ?? null,
      hasMasterKeys: options.hasMasterKeys,
      files,
    });
    await writeFile(join(work, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`, {
      mode: 0o600,
    });
    for (const path of [...paths, MANIFEST_FILE]) await syncPath(join(work, path));
    await publish(work, target);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return { manifest, sizeBytes, ...(facts === undefined ? {} : { counts: facts.counts }) };
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(`${work}.tgz`, { force: true });
  }
}

async function refuseUsed(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory() && !isArchive(target) && (await readdir(target)).length === 0) return;
  throw new AppError('conflict', `${target} is there already. A backup is written to a place of its own.`);
}

/** Under its name at last, and with a name that survives. */
async function publish(work: string, target: string): Promise<void> {
  if (!isArchive(target)) {
    await rename(work, target);
  } else {
    const archive = `${work}.tgz`;
    await create({ gzip: true, portable: true, cwd: work, file: archive, mode: 0o600 }, await names(work));
    await syncPath(archive);
    await rename(archive, target);
  }
  await syncPath(dirname(target));
}

function isApart(name: string): boolean {
  return APART.has(name) || name.startsWith(DATABASE_FILE) || COMPANION.test(name);
}

/** A file, or a directory with all that is in it. What goes away meanwhile was a log that is in the database by now. */
async function copyTree(from: string, to: string, path: string): Promise<void> {
  const source = join(from, path);
  const found = await stat(source).catch(ignoreMissing);
  if (found?.isDirectory() === true) {
    await mkdir(join(to, path), { recursive: true, mode: 0o700 });
    for (const name of await names(source)) await copyTree(from, to, join(path, name));
    return;
  }
  if (found?.isFile() !== true || COMPANION.test(path)) return;
  if (DATABASE.test(path)) copyDatabase(source, join(to, path));
  else await copyFile(source, join(to, path)).catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** One consistent moment of it, whoever writes meanwhile (https://sqlite.org/lang_vacuum.html#vacuuminto). */
function copyDatabase(from: string, to: string): void {
  if (!existsSync(from)) return;
  const database = new DatabaseSync(from, { readOnly: true, timeout: 60_000 });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}

function factsOf(file: string): { schema: string; counts: NonNullable<BackupSummary['counts']> } | undefined {
  if (!existsSync(file)) return undefined;
  const database = new DatabaseSync(file, { readOnly: true });
  const value = <T>(sql: string): T => Object.values(database.prepare(sql).get() ?? {})[0] as T;
  try {
    return {
      schema: value<string>('select max(name) from kysely_migration'),
      counts: {
        messages: value('select count(*) from messages'),
        hits: value('select count(*) from hits'),
        queued: value("select count(*) from queue where state <> 'done'"),
      },
    };
  } finally {
    database.close();
  }
}

async function names(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(ignoreMissing)) ?? [];
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .replaceAll('\\', '/'),
    );
}
