import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { LoggedHit } from '../tracking/tracking.ts';
import { announcedSize, findFrame, FRAME_HEAD_BYTES, FrameDecoder, readFrameHead } from './hit-frame.ts';
import { isSegmentHead, SEGMENT_HEAD_BYTES, segmentName, type SegmentName } from './hit-segment.ts';

const CHUNK_BYTES = 1_048_576;

/** What a reader found at a place where no whole frame begins. */
export type Trouble =
  /** Never confirmed to anybody: a crash cut the last commit off. */
  | { kind: 'torn'; path: string; offset: number; sizeBytes: number }
  /** Confirmed hits that cannot be read: their bytes are to be set aside. */
  | { kind: 'damaged'; path: string; offset: number; bytes: Buffer };

/** Reads one segment file from its start to its end, also while it is being written. */
export class SegmentReader {
  readonly path: string;
  readonly epoch: string;
  readonly #decoder = new FrameDecoder();
  #file: number | undefined;
  #offset = 0;
  /** Decoded, not given yet. */
  #held: LoggedHit[] = [];
  #lastSeq = 0;
  /** The last frame that was read: where, its head's bytes, and the texts known before it. */
  #lastFrame: { offset: number; head: Buffer; known: number } | undefined;
  #given = 0;
  #isEnded = false;
  /** Where what is at the offset was first seen to be no frame, and when. */
  #stuckSince: { offset: number; at: number } | undefined;
  #tail = { offset: SEGMENT_HEAD_BYTES, seq: 0 };

  constructor(directory: string, name: SegmentName) {
    this.path = join(directory, segmentName(name));
    this.epoch = name.epoch;
  }

  /** Everything in it was read, and nothing will be added. */
  get isEnded(): boolean {
    return this.#isEnded && this.#held.length === 0;
  }

  /** Of the last hit that was read; the segment's last one when it is ended. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /**
   * Hits behind the cursor.
   * @param isClosed nobody writes it any more
   */
  read(cursor: number, limit: number, isClosed: boolean, report: (trouble: Trouble) => void): LoggedHit[] {
    // What was given was not stored: once more from the start.
    if (cursor < this.#given) this.#rewind();
    const hits: LoggedHit[] = [];
    for (;;) {
      for (let at = 0; at < this.#held.length; at++) {
        const hit = this.#held[at];
        if (hit === undefined || hit.seq <= cursor) continue;
        if (hits.length === limit) {
          this.#held = this.#held.slice(at);
          return hits;
        }
        hits.push(hit);
        this.#given = hit.seq;
      }
      this.#held = [];
      if (this.#isEnded || !this.#decodeMore(isClosed, report)) return hits;
    }
  }

  /** Number of the last hit that is in the file, as its frames announce it. */
  tailSeq(): number {
    const file = this.#open();
    for (;;) {
      const chunk = readChunk(file, this.#tail.offset, CHUNK_BYTES);
      let at = 0;
      for (;;) {
        const size = announcedSize(chunk, at);
        if (size === undefined || at + size > chunk.length) break;
        this.#tail.seq = Number(chunk.readBigUInt64BE(at + 20)) + chunk.readUInt32BE(at + 16) - 1;
        at += size;
      }
      this.#tail.offset += at;
      if (at === 0) return Math.max(this.#tail.seq, this.#lastSeq);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    return (this.#file ??= openSync(this.path, 'r'));
  }

  #rewind(): void {
    this.#offset = 0;
    this.#lastFrame = undefined;
    this.#held = [];
    this.#given = 0;
    this.#isEnded = false;
    this.#stuckSince = undefined;
  }

  /** @returns false when there is nothing more for now */
  #decodeMore(isClosed: boolean, report: (trouble: Trouble) => void): boolean {
    const file = this.#open();
    if (this.#offset === 0 && !this.#skipHead(file, isClosed, report)) return this.#isEnded;
    this.#stepBack(file);
    let chunk = readChunk(file, this.#offset, CHUNK_BYTES);
    const size = announcedSize(chunk, 0);
    if (size !== undefined && size > chunk.length) chunk = readChunk(file, this.#offset, size);
    let at = 0;
    let last = 0;
    let known = 0;
    for (;;) {
      const head = readFrameHead(chunk, at);
      if (head === undefined) break;
      last = at;
      known = this.#decoder.known;
      for (const hit of this.#decoder.decode(chunk, at, head, this.epoch)) this.#held.push(hit);
      this.#lastSeq = Math.max(this.#lastSeq, head.firstSeq + head.count - 1);
      at += head.sizeBytes;
    }
    if (at > 0) {
      const head = Buffer.from(chunk.subarray(last, last + FRAME_HEAD_BYTES));
      this.#lastFrame = { offset: this.#offset + last, head, known };
      this.#offset += at;
      this.#stuckSince = undefined;
      return true;
    }
    return this.#stuck(file, isClosed, report);
  }

  /**
   * A frame may be read before it is durable. When it never becomes so, the writer takes it back, and its place is given
   * to another, or the file ends before it.
   */
  #stepBack(file: number): void {
    const last = this.#lastFrame;
    if (last === undefined || readChunk(file, last.offset, FRAME_HEAD_BYTES).equals(last.head)) return;
    this.#decoder.forget(last.known);
    this.#offset = last.offset;
    this.#lastFrame = undefined;
    this.#stuckSince = undefined;
  }

  #skipHead(file: number, isClosed: boolean, report: (trouble: Trouble) => void): boolean {
    const head = readChunk(file, 0, SEGMENT_HEAD_BYTES);
    if (isSegmentHead(head, this.epoch)) {
      this.#offset = SEGMENT_HEAD_BYTES;
      return true;
    }
    if (!isClosed) return false;
    // Cut off while it was made, or its head is damaged: then the frames are still good.
    this.#offset = Math.min(SEGMENT_HEAD_BYTES, head.length);
    if (head.length === SEGMENT_HEAD_BYTES)
      report({ kind: 'damaged', path: this.path, offset: 0, bytes: head });
    return true;
  }

  /**
   * No whole frame begins at the offset. In a file that is being written that is its end, or the next commit half
   * written, and in either case to be waited for; unless later ones stand behind it.
   */
  #stuck(file: number, isClosed: boolean, report: (trouble: Trouble) => void): boolean {
    const sizeBytes = Math.max(0, fstatSync(file).size - this.#offset);
    if (!isClosed && !this.#isStuckFor(STUCK_MS)) return false;
    const rest = withoutZeros(readChunk(file, this.#offset, sizeBytes));
    const next = nextFresh(rest);
    const { path } = this;
    if (next.at !== -1) {
      report({ kind: 'damaged', path, offset: this.#offset, bytes: rest.subarray(0, next.at) });
      this.#offset += next.at;
      this.#stuckSince = undefined;
      return true;
    }
    if (!isClosed) return false;
    if (rest.length > 0) {
      report(
        next.isFollowed
          ? { kind: 'damaged', path, offset: this.#offset, bytes: rest }
          : { kind: 'torn', path, offset: this.#offset, sizeBytes: rest.length },
      );
    }
    this.#isEnded = true;
    this.close();
    return true;
  }

  #isStuckFor(ms: number): boolean {
    const now = performance.now();
    if (this.#stuckSince?.offset !== this.#offset) this.#stuckSince = { offset: this.#offset, at: now };
    if (now - this.#stuckSince.at < ms) return false;
    // Looked at once more after the same time again: the search reads all that follows.
    this.#stuckSince.at = now;
    return true;
  }
}

const STUCK_MS = 2_000;

/** The first frame behind the start that needs none before it; and whether any whole frame follows at all. */
function nextFresh(bytes: Buffer): { at: number; isFollowed: boolean } {
  let isFollowed = false;
  for (let at = findFrame(bytes, 1); at !== -1; at = findFrame(bytes, at + 1)) {
    const head = readFrameHead(bytes, at);
    if (head === undefined) continue;
    isFollowed = true;
    if (head.isFresh) return { at, isFollowed };
  }
  return { at: -1, isFollowed };
}

/** Space that was written ahead is no part of the log. */
function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

function readChunk(file: number, from: number, sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let done = 0;
  while (done < sizeBytes) {
    const count = readSync(file, bytes, done, sizeBytes - done, from + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** Number of the first hit in a segment; undefined when no undamaged frame tells. */
export function firstSeq(directory: string, name: SegmentName): number | undefined {
  const file = openSync(join(directory, segmentName(name)), 'r');
  try {
    const size = announcedSize(readChunk(file, SEGMENT_HEAD_BYTES, FRAME_HEAD_BYTES), 0);
    return size === undefined
      ? undefined
      : readFrameHead(readChunk(file, SEGMENT_HEAD_BYTES, size), 0)?.firstSeq;
  } finally {
    closeSync(file);
  }
}
