import { crc32 } from 'node:zlib';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Hit, LoggedHit } from '../tracking/tracking.ts';

/*
 * The bytes of a hit log (docs/adr/0020-hit-log.md). Numbers are big-endian. A segment file is a head and frames; a frame
 * is what one commit made durable:
 *   0–3    magic `WBF1`
 *   4–7    bytes of payload
 *   8–11   CRC-32 of bytes 12 to the end
 *   12     1: the texts begin anew here, nothing before is referred to
 *   13–15  zero
 *   16–19  hits in it, of consecutive numbers
 *   20–27  number of the first hit
 *   28–35  time of the first hit, a double of ms since 1970; the others' are counted from it
 * A text that was seen before is its number, from 1; a new one is 0, its length and its UTF-8, and takes the next number.
 */
export const FRAME_HEAD_BYTES = 36;
const MAGIC = 0x57424631;
const FRESH = 1;
/** What a damaged length must not make anybody allocate; more than a full batch of the largest requests takes. */
const LARGEST_PAYLOAD = 128 * 1_048_576;

const CLICK = 1;
const METHODS = ['GET', 'HEAD'] as const;
const OTHER_METHOD = 2;
const MODES = ['full', 'day', 'aggregate'] as const;
const HAS_LINK = 32;
const HAS_URL = 64;
const HAS_IP = 128;

/** Texts known at most; then they begin anew. Bounds the memory of both ends. */
const MOST_TEXTS = 20_000;
/** And after so many bytes, so that damage takes no more with it than this. */
const FRESH_AFTER_BYTES = 1_048_576;

/** Writes frames one after the other. What they refer to is in this encoder's earlier frames since the last fresh one. */
export class FrameEncoder {
  #bytes = Buffer.allocUnsafe(65_536);
  #at = 0;
  readonly #texts = new Map<string, number>();
  /** Bytes of headers that many hits have, the same frozen object, once all their texts are known. */
  readonly #headers = new Map<Hit['headers'], Buffer>();
  #sinceFresh = 0;
  #isFresh = true;

  /** The next frame refers to nothing before: for a new file, and after a frame that may not be in it. */
  begin(): void {
    this.#texts.clear();
    this.#headers.clear();
    this.#sinceFresh = 0;
    this.#isFresh = true;
  }

  /** @returns bytes that are good until the next call */
  encode(hits: readonly Hit[], firstSeq: number): Buffer {
    if (this.#texts.size > MOST_TEXTS || this.#sinceFresh > FRESH_AFTER_BYTES) this.begin();
    this.#at = FRAME_HEAD_BYTES;
    const base = hits[0]?.at ?? 0;
    for (const hit of hits) this.#hit(hit, base);
    const frame = this.#bytes.subarray(0, this.#at);
    frame.fill(0, 0, FRAME_HEAD_BYTES);
    frame.writeUInt32BE(MAGIC, 0);
    frame.writeUInt32BE(this.#at - FRAME_HEAD_BYTES, 4);
    frame[12] = this.#isFresh ? FRESH : 0;
    frame.writeUInt32BE(hits.length, 16);
    frame.writeBigUInt64BE(BigInt(firstSeq), 20);
    frame.writeDoubleBE(base, 28);
    frame.writeUInt32BE(crc32(frame.subarray(12)), 8);
    this.#isFresh = false;
    this.#sinceFresh += frame.length;
    return frame;
  }

  #hit(hit: Hit, base: number): void {
    const method = METHODS.indexOf(hit.method as (typeof METHODS)[number]);
    this.#ensure(64);
    this.#bytes[this.#at++] =
      (hit.kind === 'click' ? CLICK : 0) |
      ((method === -1 ? OTHER_METHOD : method) << 1) |
      (MODES.indexOf(hit.mode) << 3) |
      (hit.linkIndex === undefined ? 0 : HAS_LINK) |
      (hit.url === undefined ? 0 : HAS_URL) |
      (hit.ip === undefined ? 0 : HAS_IP);
    const later = hit.at - base;
    this.#number(later < 0 ? -2 * later - 1 : 2 * later);
    this.#at = this.#bytes.writeUInt32BE(hit.workspaceId, this.#at);
    this.#at += this.#bytes.write(hit.subject, this.#at, 16, 'hex');
    if (method === -1) this.#text(hit.method);
    if (hit.linkIndex !== undefined) this.#number(hit.linkIndex);
    if (hit.url !== undefined) this.#text(hit.url);
    if (hit.ip !== undefined) this.#string(hit.ip);
    this.#headersOf(hit);
  }

  #headersOf({ headers }: Hit): void {
    const known = this.#headers.get(headers);
    if (known !== undefined) {
      this.#ensure(known.length);
      this.#bytes.set(known, this.#at);
      this.#at += known.length;
      return;
    }
    this.#ensure(16);
    const countAt = this.#at++;
    const textsBefore = this.#texts.size;
    let count = 0;
    for (const name in headers) {
      this.#text(name);
      this.#text(headers[name] ?? '');
      count += 1;
    }
    this.#bytes[countAt] = count;
    if (this.#texts.size === textsBefore && Object.isFrozen(headers))
      this.#headers.set(headers, Buffer.from(this.#bytes.subarray(countAt, this.#at)));
  }

  #text(text: string): void {
    const known = this.#texts.get(text);
    this.#ensure(16);
    if (known !== undefined) {
      this.#number(known);
      return;
    }
    this.#bytes[this.#at++] = 0;
    this.#texts.set(text, this.#texts.size + 1);
    this.#string(text);
  }

  #string(text: string): void {
    const length = Buffer.byteLength(text);
    this.#ensure(length + 16);
    this.#number(length);
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  /** Seven bits a byte, the lowest first, up to 2⁵³. */
  #number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  #ensure(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

export interface FrameHead {
  /** Of the whole frame. */
  sizeBytes: number;
  isFresh: boolean;
  count: number;
  firstSeq: number;
  base: number;
}

/**
 * @returns undefined when no whole, undamaged frame begins at `at`
 */
export function readFrameHead(bytes: Buffer, at: number): FrameHead | undefined {
  if (at + FRAME_HEAD_BYTES > bytes.length || bytes.readUInt32BE(at) !== MAGIC) return undefined;
  const sizeBytes = FRAME_HEAD_BYTES + bytes.readUInt32BE(at + 4);
  if (at + sizeBytes > bytes.length) return undefined;
  if (crc32(bytes.subarray(at + 12, at + sizeBytes)) !== bytes.readUInt32BE(at + 8)) return undefined;
  return {
    sizeBytes,
    isFresh: (bytes[at + 12] ?? 0) === FRESH,
    count: bytes.readUInt32BE(at + 16),
    firstSeq: Number(bytes.readBigUInt64BE(at + 20)),
    base: bytes.readDoubleBE(at + 28),
  };
}

/** How long the frame at `at` says it is, whether it is all there or not; undefined when none begins there. */
export function announcedSize(bytes: Buffer, at: number): number | undefined {
  if (at + FRAME_HEAD_BYTES > bytes.length || bytes.readUInt32BE(at) !== MAGIC) return undefined;
  const payload = bytes.readUInt32BE(at + 4);
  return payload > LARGEST_PAYLOAD ? undefined : FRAME_HEAD_BYTES + payload;
}

/** Where the next frame may begin, from `at` on; -1 when none does. */
export function findFrame(bytes: Buffer, at: number): number {
  return bytes.indexOf('WBF1', at, 'latin1');
}

/** Reads frames in their order; remembers the texts as the encoder did. */
export class FrameDecoder {
  #texts: string[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * @param at of a frame whose head was read
   * @throws RangeError when it refers to a text that was in none of the frames that this decoder has read
   */
  decode(bytes: Buffer, at: number, head: FrameHead, epoch: string): LoggedHit[] {
    if (head.isFresh) this.#texts = [];
    this.#bytes = bytes;
    this.#at = at + FRAME_HEAD_BYTES;
    const hits: LoggedHit[] = [];
    for (let n = 0; n < head.count; n++) hits.push(this.#hit(epoch, head.firstSeq + n, head.base));
    return hits;
  }

  /** How many texts are known: what {@link forget} goes back to. */
  get known(): number {
    return this.#texts.length;
  }

  /** As before a frame that was taken back. Nothing comes back that a fresh frame dropped: another one follows it. */
  forget(known: number): void {
    if (known < this.#texts.length) this.#texts.length = known;
  }

  #hit(epoch: string, seq: number, base: number): LoggedHit {
    const flags = this.#bytes[this.#at++] ?? 0;
    const later = this.#number();
    const workspaceId = this.#bytes.readUInt32BE(this.#at) as WorkspaceId;
    const subject = this.#bytes.toString('hex', this.#at + 4, this.#at + 20);
    this.#at += 20;
    const method = METHODS[(flags >> 1) & 3] ?? this.#text();
    const headers: Record<string, string> = {};
    const hit: LoggedHit = {
      epoch,
      seq,
      at: base + (later % 2 === 1 ? (later + 1) / -2 : later / 2),
      kind: (flags & CLICK) === 0 ? 'open' : 'click',
      method,
      workspaceId,
      subject,
      mode: MODES[(flags >> 3) & 3] ?? 'aggregate',
      headers,
    };
    if ((flags & HAS_LINK) !== 0) hit.linkIndex = this.#number();
    if ((flags & HAS_URL) !== 0) hit.url = this.#text();
    if ((flags & HAS_IP) !== 0) hit.ip = this.#string();
    const count = this.#bytes[this.#at++] ?? 0;
    for (let n = 0; n < count; n++) {
      const name = this.#text();
      headers[name] = this.#text();
    }
    return hit;
  }

  #text(): string {
    const index = this.#number();
    if (index === 0) {
      const text = this.#string();
      this.#texts.push(text);
      return text;
    }
    const text = this.#texts[index - 1];
    if (text === undefined) throw new RangeError(`text ${index} was not in any frame before`);
    return text;
  }

  #string(): string {
    const length = this.#number();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  #number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}
