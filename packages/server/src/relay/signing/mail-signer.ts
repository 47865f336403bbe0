import type { Clock } from '../../kernel/clock.ts';
import { rawValue, readHeaderBlock, type HeaderBlock, withoutFields } from '../header-block.ts';
import { bodyHash } from './canonical.ts';
import { signatureField, type SigningKey } from './signature.ts';
import { authorDomain, domainAndParents } from './signing-domain.ts';

/** Signs mail for the domains that keys are there for (DKIM, RFC 6376; Ed25519: RFC 8463). */
export class MailSigner {
  readonly #keys: () => readonly SigningKey[];
  readonly #clock: Clock;

  /** @param deps.keys asked for each mail, since they may be reloaded */
  constructor(deps: { keys: () => readonly SigningKey[]; clock: Clock }) {
    this.#keys = deps.keys;
    this.#clock = deps.clock;
  }

  /** Whose signatures on this mail may be broken by a change, since {@link sign} makes new ones. */
  resigns(message: Uint8Array): (domain: string) => boolean {
    if (this.#keys().length === 0) return () => false;
    const [key] = this.#keysFor(message, readHeaderBlock(message));
    return (domain) => domain === key?.domain;
  }

  /**
   * The message with a signature of each key in front; the bytes behind it are the same. Returned as it is: mail of
   * domains without a key, mail in an ARC chain (RFC 8617), and mail that its author's domain signed already and nobody
   * changed. After a change the author's domain's old signatures, which are broken, are left out.
   */
  async sign(message: Uint8Array, { changed }: { changed: boolean }): Promise<Uint8Array> {
    if (this.#keys().length === 0) return message;
    const header = readHeaderBlock(message);
    const keys = this.#keysFor(message, header);
    const [key] = keys;
    if (key === undefined || header.fields.some(({ name }) => name.startsWith('arc-'))) return message;
    if (!isSignedBy(key.domain, message, header)) return this.#withSignatures(message, header, keys);
    if (!changed) return message;
    const bare = withoutFields(
      message,
      (name, field) => name === 'dkim-signature' && signer(message, field) === key.domain,
    );
    return this.#withSignatures(bare, readHeaderBlock(bare), keys);
  }

  async #withSignatures(
    message: Uint8Array,
    header: HeaderBlock,
    keys: readonly SigningKey[],
  ): Promise<Uint8Array> {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
    // The empty line between header and body belongs to neither.
    const hash = await bodyHash(bytes.subarray(header.end + 2));
    const at = this.#clock();
    const fields = await Promise.all(
      keys.map((key) => signatureField(bytes, header, key, { bodyHash: hash, at })),
    );
    return Buffer.concat([Buffer.from(fields.join(''), 'latin1'), message]);
  }

  /** Of the author's domain, or of the nearest domain above it: relaxed alignment (RFC 7489 §3.1.1). */
  #keysFor(message: Uint8Array, header: HeaderBlock): readonly SigningKey[] {
    const domain = authorDomain(message, header);
    if (domain === undefined) return [];
    for (const candidate of domainAndParents(domain)) {
      const keys = this.#keys().filter((key) => key.domain === candidate);
      if (keys.length > 0) return keys;
    }
    return [];
  }
}

function isSignedBy(domain: string, message: Uint8Array, { fields }: HeaderBlock): boolean {
  return fields.some((field) => field.name === 'dkim-signature' && signer(message, field) === domain);
}

/** The `d=` of a signature, in lower case. */
function signer(message: Uint8Array, field: HeaderBlock['fields'][number]): string | undefined {
  return /(?:^|;)\s*d\s*=\s*([^\s;]+)/i.exec(rawValue(message, field))?.[1]?.toLowerCase();
}
