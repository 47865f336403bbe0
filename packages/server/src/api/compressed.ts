import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

const GZIP_LEVEL = 9;
/** 11 takes seven times as long for 7 % less. */
const BROTLI_QUALITY = 9;
/** The build has about fifty files; more only come when it is made anew under a running server. */
const MOST_KEPT = 200;

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/**
 * The best encoding that both sides know. Browsers take Brotli over HTTPS and on this machine only.
 * @param acceptEncoding RFC 9110 §12.5.3
 */
export function encodingFor(acceptEncoding: string | string[] | undefined): Encoding | undefined {
  const offered = new Set(
    String(acceptEncoding ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => part.trim())
      .filter((part) => !/;\s*q\s*=\s*0(?:\.0{0,3})?\s*$/.test(part))
      .map((part) => part.split(';')[0]?.trim() ?? ''),
  );
  if (offered.has('br')) return 'br';
  return offered.has('gzip') ? 'gzip' : undefined;
}

/** Contents compressed once, in zlib's own threads, and kept. */
export class Compressed {
  readonly #kept = new Map<string, Promise<Buffer>>();

  /** @param tag names the content */
  get(tag: string, content: Buffer, encoding: Encoding): Promise<Buffer> {
    const key = `${tag} ${encoding}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const made = encoding === 'br' ? brotliOf(content) : zip(content, { level: GZIP_LEVEL });
    this.#kept.set(key, made);
    made.catch(() => this.#kept.delete(key));
    return made;
  }
}

function brotliOf(content: Buffer): Promise<Buffer> {
  return brotli(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}
