import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { AppError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { SigningAlgorithm, SigningKey } from './signature.ts';

/** Where a key is, as `WAYBILL_DKIM_KEYS` says. */
export interface SigningKeyFile {
  /** ASCII, lower case. */
  domain: string;
  selector: string;
  path: string;
}

/** Verifiers do not accept shorter ones (RFC 8301 §3.2). */
const SHORTEST_RSA_BITS = 1024;
/** More than one of the same kind for a domain signs nothing better. */
const ALGORITHM_NAMES: Record<SigningAlgorithm, string> = {
  'rsa-sha256': 'RSA',
  'ed25519-sha256': 'Ed25519',
};

/** The keys in files, and the same files again when one of them has changed. */
export interface SigningKeys {
  current(): readonly SigningKey[];
  /** Looks at the files; when they cannot be used, what was there before stays. */
  reload(): void;
}

/** @throws AppError `misconfigured`, naming every key that cannot be used and why */
export function openSigningKeys(files: readonly SigningKeyFile[], logger: Logger): SigningKeys {
  let keys = loadSigningKeys(files);
  let seen = changeTimes(files);
  return {
    current: () => keys,
    reload: () => {
      const now = changeTimes(files);
      if (now === seen) return;
      try {
        keys = loadSigningKeys(files);
        seen = now;
        logger.info({ count: keys.length }, 'the DKIM keys were changed');
      } catch (err) {
        // Half-written perhaps: the next look will see.
        logger.warn({ err }, 'the changed DKIM keys cannot be used, the old ones stay');
      }
    },
  };
}

/** @throws AppError `misconfigured` */
export function loadSigningKeys(files: readonly SigningKeyFile[]): SigningKey[] {
  const problems: string[] = [];
  const keys: SigningKey[] = [];
  for (const file of files) {
    const key = readKey(file);
    if (typeof key === 'string') problems.push(`${file.path} ${key}`);
    else keys.push(key);
  }
  for (const [index, { domain, algorithm }] of keys.entries()) {
    if (keys.findIndex((other) => other.domain === domain && other.algorithm === algorithm) === index)
      continue;
    problems.push(`there are two ${ALGORITHM_NAMES[algorithm]} keys for ${domain}: name one`);
  }
  if (problems.length === 0) return keys;
  throw new AppError('misconfigured', `WAYBILL_DKIM_KEYS cannot be used:\n  ${problems.join('\n  ')}`);
}

/** @returns what is wrong, in words that follow the file's name */
function readKey({ domain, selector, path }: SigningKeyFile): SigningKey | string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'is not there' : `cannot be read: ${message}`;
  }
  if (/^-----BEGIN PUBLIC KEY-----/m.test(pem)) return 'holds a public key: the private one is needed';
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return 'holds no private key in PEM form without a password';
  }
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) return 'holds a key that is neither RSA nor Ed25519';
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < SHORTEST_RSA_BITS) {
    return `holds an RSA key of ${bits} bits, which nobody accepts: make one of 2048`;
  }
  return { domain, selector, algorithm, key };
}

function algorithmOf({ asymmetricKeyType }: KeyObject): SigningAlgorithm | undefined {
  if (asymmetricKeyType === 'rsa') return 'rsa-sha256';
  return asymmetricKeyType === 'ed25519' ? 'ed25519-sha256' : undefined;
}

function changeTimes(files: readonly SigningKeyFile[]): string {
  return files
    .map(({ path }) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? '' : `${stats.mtimeMs}:${stats.ino}:${stats.size}`;
    })
    .join();
}
