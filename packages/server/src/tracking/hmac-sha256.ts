import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) for keys that are used often and messages that are short. What the key alone decides
 * (one block of the inner and one of the outer hash) is computed once, so a token costs two blocks, about 0.5 µs; a call
 * into `node:crypto` costs 2 µs whatever it does. Nothing here branches on or indexes by a secret.
 */
export class HmacSha256 {
  readonly #key: Buffer;
  readonly #inner = Int32Array.from(START);
  readonly #outer = Int32Array.from(START);

  /** @param key at most 64 bytes */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK) throw new RangeError('a key of more than one block is not offered');
    this.#key = Buffer.from(key);
    for (const [state, pad] of [
      [this.#inner, 0x36],
      [this.#outer, 0x5c],
    ] as const) {
      block.fill(pad);
      for (const [at, byte] of key.entries()) block[at] = byte ^ pad;
      loadBlock(block, 0);
      compress(state, state);
    }
  }

  /**
   * @param message whose first `length` bytes are authenticated
   * @param mac takes the first bytes of the result, at most 32
   */
  write(message: Uint8Array, length: number, mac: Uint8Array): void {
    // Long ones gain by the processor's own instructions, which only `node:crypto` uses.
    if (length > LONGEST_HERE) {
      createHmac('sha256', this.#key).update(message.subarray(0, length)).digest().copy(mac);
      return;
    }
    state.set(this.#inner);
    let at = 0;
    for (; length - at >= BLOCK; at += BLOCK) {
      loadBlock(message, at);
      compress(state, state);
    }
    finish(message, at, length);
    // The inner digest is the outer hash's only block of its own.
    for (let word = 0; word < 8; word++) words[word] = state[word] ?? 0;
    words[8] = 0x80000000 | 0;
    words.fill(0, 9, 15);
    words[15] = (BLOCK + 32) * 8;
    compress(this.#outer, state);
    for (let byte = 0; byte < mac.length; byte++)
      mac[byte] = (state[byte >> 2] ?? 0) >>> (24 - 8 * (byte & 3));
  }
}

/** HKDF-SHA256 (RFC 5869) for outputs of up to 32 bytes; the extracted key is kept for many `info`s. */
export class HkdfSha256 {
  readonly #expand: HmacSha256;

  constructor(secret: Uint8Array, salt: Uint8Array) {
    const extracted = new Uint8Array(32);
    new HmacSha256(salt).write(secret, secret.length, extracted);
    this.#expand = new HmacSha256(extracted);
  }

  derive(info: Uint8Array, lengthBytes: number): Uint8Array {
    const derived = new Uint8Array(lengthBytes);
    this.#expand.write(Uint8Array.of(...info, 1), info.length + 1, derived);
    return derived;
  }
}

const BLOCK = 64;
const LONGEST_HERE = 512;

/** Scratch of the one thread that computes here; never read before it is written. */
const words = new Int32Array(64);
const state = new Int32Array(8);
const block = new Uint8Array(BLOCK);

/** The last bytes of the inner message with their padding: one block or two. */
function finish(message: Uint8Array, from: number, length: number): void {
  const rest = length - from;
  block.fill(0);
  for (let at = 0; at < rest; at++) block[at] = message[from + at] ?? 0;
  block[rest] = 0x80;
  loadBlock(block, 0);
  if (rest >= BLOCK - 8) {
    compress(state, state);
    words.fill(0, 0, 16);
  }
  words[15] = (BLOCK + length) * 8;
  compress(state, state);
}

function loadBlock(bytes: Uint8Array, from: number): void {
  for (let word = 0, at = from; word < 16; word++, at += 4) {
    words[word] =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
  }
}

/** FIPS 180-4 §6.2.2 on the block in `words`. `from` and `to` may be the same. */
function compress(from: Int32Array, to: Int32Array): void {
  for (let at = 16; at < 64; at++) {
    const w15 = words[at - 15] ?? 0;
    const w2 = words[at - 2] ?? 0;
    const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
    const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
    words[at] = ((words[at - 16] ?? 0) + s0 + (words[at - 7] ?? 0) + s1) | 0;
  }
  let a = from[0] ?? 0;
  let b = from[1] ?? 0;
  let c = from[2] ?? 0;
  let d = from[3] ?? 0;
  let e = from[4] ?? 0;
  let f = from[5] ?? 0;
  let g = from[6] ?? 0;
  let h = from[7] ?? 0;
  const a0 = a;
  const b0 = b;
  const c0 = c;
  const d0 = d;
  const e0 = e;
  const f0 = f;
  const g0 = g;
  const h0 = h;
  for (let at = 0; at < 64; at++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[at] ?? 0) + (words[at] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  to[0] = (a0 + a) | 0;
  to[1] = (b0 + b) | 0;
  to[2] = (c0 + c) | 0;
  to[3] = (d0 + d) | 0;
  to[4] = (e0 + e) | 0;
  to[5] = (f0 + f) | 0;
  to[6] = (g0 + g) | 0;
  to[7] = (h0 + h) | 0;
}

/** FIPS 180-4 §4.2.2 and §5.3.3: the first 32 bits of fractional parts, of cube roots and of square roots of primes. */
const ROUND = fractions(64, (prime) => Math.cbrt(prime), 3n);
const START = fractions(8, (prime) => Math.sqrt(prime), 2n);

function fractions(count: number, root: (prime: number) => number, degree: bigint): Int32Array {
  const constants = new Int32Array(count);
  for (let found = 0, candidate = 2; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    constants[found++] = Number(BigInt.asIntN(32, scaledRoot(candidate, root(candidate), degree)));
  }
  return constants;
}

/** ⌊2³² · ᵈ√prime⌋ exactly: the floating-point root is a first guess. */
function scaledRoot(prime: number, guess: number, degree: bigint): bigint {
  const target = BigInt(prime) << (32n * degree);
  let value = BigInt(Math.floor(guess * 2 ** 32));
  while (value ** degree > target) value -= 1n;
  while ((value + 1n) ** degree <= target) value += 1n;
  return value;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++)
    if (candidate % divisor === 0) return false;
  return true;
}
