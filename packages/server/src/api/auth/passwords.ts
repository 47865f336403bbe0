import { hash, verify } from '@node-rs/argon2';

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = {
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
};

/** argon2id on the thread pool: it takes tens of milliseconds, which no event loop may spend. */
export class Passwords {
  #decoy: Promise<string> | undefined;

  /** @returns a PHC string */
  hash(password: string): Promise<string> {
    return hash(password.normalize('NFC'), PARAMETERS);
  }

  /** With `undefined` it takes as long and says false, so that time does not tell which e-mail has an account. */
  async verify(password: string, passwordHash: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash('no account has this password');
    const against = passwordHash ?? (await this.#decoy);
    const matches = await verify(against, password.normalize('NFC'));
    return matches && passwordHash !== undefined;
  }
}
