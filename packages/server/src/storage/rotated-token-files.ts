import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { RotatedToken, RotatedTokens } from '../mailboxes/mailboxes.ts';
import { syncPath } from './sync-path.ts';

/** One file for each account, mode 0600, beside the keys: both are in every backup, and secrets. */
export class RotatedTokenFiles implements RotatedTokens {
  readonly #directory: string;

  constructor(dataDir: string) {
    this.#directory = join(dataDir, 'keys', 'imap-oauth');
  }

  /** A damaged file is as good as none: the configured token is there. */
  async read(accountId: string): Promise<RotatedToken | undefined> {
    const text = await readFile(this.#path(accountId), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return readToken(text);
  }

  async write(accountId: string, token: RotatedToken): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#path(accountId);
    const temporary = `${path}.${process.pid}`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(token)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncPath(this.#directory);
  }

  /** Without the account's name: a user name need not be a file name. */
  #path(accountId: string): string {
    const name = createHash('sha256').update(accountId).digest('hex').slice(0, 32);
    return join(this.#directory, `${name}.json`);
  }
}

function readToken(text: string): RotatedToken | undefined {
  try {
    const { token, descendsFrom } = JSON.parse(text) as Partial<Record<keyof RotatedToken, unknown>>;
    if (typeof token !== 'string' || token === '' || typeof descendsFrom !== 'string') return undefined;
    return { token, descendsFrom };
  } catch {
    return undefined;
  }
}
