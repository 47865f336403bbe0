import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../kernel/errors.ts';

export const MANIFEST_FILE = 'backup.json';
export const DATABASE_FILE = 'waybill.db';
const FORMAT = 'waybill backup 1';

export interface BackedUpFile {
  /** Relative, with `/`. */
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** What a backup holds; beside its files as `backup.json`. */
export interface Manifest {
  format: typeof FORMAT;
  /** ISO 8601. Everything that was durable by then is in it. */
  startedAt: string;
  /** `postgres`: the database is not in it. */
  database: 'sqlite' | 'postgres';
  /** The last change of the schema; null without database. */
  schema: string | null;
  /** False: they come from `WAYBILL_MASTER_KEYS`, and have to be kept elsewhere. */
  hasMasterKeys: boolean;
  files: BackedUpFile[];
}

export function newManifest(facts: Omit<Manifest, 'format'>): Manifest {
  return { format: FORMAT, ...facts };
}

/** @throws AppError `invalid-input` when the directory is no backup, or a damaged or newer one */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readFile(join(directory, MANIFEST_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new AppError('invalid-input', `${directory} is no backup of Waybill: it has no ${MANIFEST_FILE}.`);
  }
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(text) as Partial<Manifest>;
  } catch (error) {
    throw new AppError('invalid-input', `${MANIFEST_FILE} of the backup is damaged.`, { cause: error });
  }
  if (manifest.format !== FORMAT || !Array.isArray(manifest.files)) {
    throw new AppError(
      'invalid-input',
      `This backup says it is of the form ${JSON.stringify(manifest.format)}, which this version cannot read. Restore it with the version that wrote it.`,
    );
  }
  // A name that leads out of the directory would be written there.
  const wrong = manifest.files.find(({ path }) => path.startsWith('/') || path.split(/[\\/]/).includes('..'));
  if (wrong !== undefined) {
    throw new AppError('invalid-input', `The backup names a file outside of it: ${wrong.path}`);
  }
  return manifest as Manifest;
}

export async function describe(directory: string, path: string): Promise<BackedUpFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(createReadStream(join(directory, path)), async (parts: AsyncIterable<Buffer>) => {
    for await (const part of parts) {
      hash.update(part);
      sizeBytes += part.length;
    }
  });
  return { path, sizeBytes, sha256: hash.digest('hex') };
}

/** @throws AppError `invalid-input` that names the file that is not as it was */
export async function verifyFile(directory: string, expected: BackedUpFile): Promise<void> {
  const found = await describe(directory, expected.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) {
    throw new AppError('invalid-input', `The backup lacks ${expected.path}. Use another one.`);
  }
  if (found.sha256 !== expected.sha256) {
    throw new AppError(
      'invalid-input',
      `${expected.path} of the backup is damaged: it is not what was written. Use another one.`,
    );
  }
}
