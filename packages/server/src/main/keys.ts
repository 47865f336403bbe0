import { randomBytes, hkdfSync } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';

const KEY_FILE = /^token-(\d{1,3})\.key$/;

/**
 * The master keys that sign tokens: those given by configuration, else the files `token-<id>.key` (64 hexadecimal
 * digits, mode 0600) in `<dataDir>/keys`, of which the first is made when there is none.
 */
export function loadMasterKeys(
  dataDir: string,
  configured: ReadonlyMap<number, Uint8Array> | undefined,
): ReadonlyMap<number, Uint8Array> {
  if (configured !== undefined) return configured;
  const directory = join(dataDir, 'keys');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keys = readKeys(directory);
  if (keys.size > 0) return keys;
  secretFile(dataDir, 'token-1.key', () => randomBytes(32).toString('hex'));
  return readKeys(directory);
}

function readKeys(directory: string): Map<number, Uint8Array> {
  const keys = new Map<number, Uint8Array>();
  for (const name of readdirSync(directory).sort()) {
    const id = Number(KEY_FILE.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(id)) continue;
    const text = readFileSync(join(directory, name), 'utf8').trim();
    if (!/^[0-9a-f]{64}$/i.test(text) || id > 255) {
      throw new AppError(
        'misconfigured',
        `${join(directory, name)} is not a key: 64 hexadecimal digits are expected. Restore it from a backup; without it the links it signed break.`,
      );
    }
    keys.set(id, Buffer.from(text, 'hex'));
  }
  return keys;
}

/** A secret kept in `<dataDir>/keys/<name>`; made by `create` when it does not exist, never overwritten. */
export function secretFile(dataDir: string, name: string, create: () => string): string {
  const directory = join(dataDir, 'keys');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${create()}\n`);
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

/** The password of the demo SMTP credential: the same at each start, and nowhere written down. */
export function demoPassword(masterKeys: ReadonlyMap<number, Uint8Array>): string {
  const first = masterKeys.get(Math.min(...masterKeys.keys())) ?? new Uint8Array();
  const derived = hkdfSync('sha256', first, '', 'waybill demo smtp credential', 15);
  return Buffer.from(derived).toString('base64url');
}
