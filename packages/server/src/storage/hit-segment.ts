import { close, fdatasync, ftruncate, mkdir, open, readdir, unlink, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncPath } from './sync-path.ts';

/** What the hit log needs of a file system; tests give one that hangs or fails. */
export interface Disk {
  mkdir(path: string): Promise<void>;
  names(directory: string): Promise<string[]>;
  open(path: string): Promise<number>;
  /** Writes all bytes or rejects. */
  write(file: number, bytes: Buffer, position: number): Promise<void>;
  datasync(file: number): Promise<void>;
  truncate(file: number, sizeBytes: number): Promise<void>;
  close(file: number): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the names in it durable. */
  syncDirectory(path: string): Promise<void>;
}

/** The callback functions: those with promises cost a file handle's bookkeeping for each commit. */
export const systemDisk: Disk = {
  mkdir: async (path) => void (await promisify(mkdir)(path, { recursive: true, mode: 0o700 })),
  names: (directory) => promisify(readdir)(directory),
  open: (path) => promisify(open)(path, 'wx', 0o600),
  write: (file, bytes, position) =>
    new Promise((resolve, reject) => {
      const from = (done: number): void => {
        write(file, bytes, done, bytes.length - done, position + done, (error, written) => {
          if (error !== null) reject(error);
          else if (done + written < bytes.length) from(done + written);
          else resolve();
        });
      };
      from(0);
    }),
  datasync: (file) =>
    new Promise((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    }),
  truncate: promisify(ftruncate),
  close: promisify(close),
  unlink: promisify(unlink),
  syncDirectory: syncPath,
};

/*
 * Head of a segment file: 16 bytes of magic, 16 of the log's epoch in hex, and zeros to 64.
 * Names: `<number in its folder, 10 digits>-<epoch>.hits`.
 */
export const SEGMENT_HEAD_BYTES = 64;
const MAGIC = 'waybill hits v1\n';
const NAME = /^(\d{10})-([0-9a-f]{16})\.hits$/;

export interface SegmentName {
  number: number;
  epoch: string;
}

export function segmentName({ number, epoch }: SegmentName): string {
  return `${String(number).padStart(10, '0')}-${epoch}.hits`;
}

/** @returns undefined for files that are no segments */
export function readSegmentName(name: string): SegmentName | undefined {
  const [, number, epoch] = NAME.exec(name) ?? [];
  return number === undefined || epoch === undefined ? undefined : { number: Number(number), epoch };
}

export function segmentHead(epoch: string): Buffer {
  const head = Buffer.alloc(SEGMENT_HEAD_BYTES);
  head.write(MAGIC + epoch, 'latin1');
  return head;
}

export function isSegmentHead(bytes: Buffer, epoch: string): boolean {
  return bytes.subarray(0, SEGMENT_HEAD_BYTES).equals(segmentHead(epoch));
}

/** Space that is written ahead. More at a time makes the commit that writes it longer: with a megabyte p99 doubles. */
const SMALLEST_STEP = 65_536;
const LARGEST_STEP = 131_072;

/**
 * One file that grows by frames. Space is written ahead with zeros, in the same write as a frame: a commit within it
 * changes no metadata of the file, which takes a third off its fdatasync (ext4). A reader stops at zeros.
 */
export class Segment {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: number;
  #end = SEGMENT_HEAD_BYTES;
  #allocated = SEGMENT_HEAD_BYTES;
  #step = SMALLEST_STEP;
  #isDoubtful = false;

  private constructor(disk: Disk, path: string, file: number) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  /** The number behind the highest in the folder, with its name durable. Leaves nothing when it fails. */
  static async create(disk: Disk, directory: string, epoch: string): Promise<Segment> {
    await disk.mkdir(directory);
    const numbers = (await disk.names(directory)).map((name) => readSegmentName(name)?.number ?? 0);
    const path = join(directory, segmentName({ number: Math.max(0, ...numbers) + 1, epoch }));
    const file = await disk.open(path);
    const segment = new Segment(disk, path, file);
    try {
      await disk.write(file, segmentHead(epoch), 0);
      await disk.datasync(file);
      await disk.syncDirectory(directory);
      await disk.syncDirectory(join(directory, '..'));
      return segment;
    } catch (error) {
      await segment.discard();
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.#end;
  }

  /** A sync failed: nobody knows what is on the disk, and the next one would claim success. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Resolves when the frame would survive a loss of power. */
  async append(frame: Buffer): Promise<void> {
    await this.#write(frame);
    await this.#sync();
    this.#end += frame.length;
  }

  async #sync(): Promise<void> {
    this.#isDoubtful = true;
    await this.#disk.datasync(this.#file);
    this.#isDoubtful = false;
  }

  async #write(frame: Buffer): Promise<void> {
    const end = this.#end + frame.length;
    if (end <= this.#allocated) return this.#disk.write(this.#file, frame, this.#end);
    const ahead = Buffer.alloc(frame.length + this.#step);
    frame.copy(ahead);
    try {
      await this.#disk.write(this.#file, ahead, this.#end);
      this.#allocated = end + this.#step;
      this.#step = Math.min(this.#step * 2, LARGEST_STEP);
    } catch (error) {
      if (!isFull(error)) throw error;
      // The disk's last bytes are for hits.
      await this.takeBack();
      this.#step = SMALLEST_STEP;
      await this.#disk.write(this.#file, frame, this.#end);
      this.#allocated = end;
    }
  }

  /**
   * Resolves when there is room for many more frames, on a disk that takes them. Room for a single one may be left in
   * the last block of a disk that is full.
   */
  async probe(): Promise<void> {
    const room = Buffer.alloc(SMALLEST_STEP);
    await this.#disk.write(this.#file, room, this.#end);
    await this.#sync();
    this.#allocated = Math.max(this.#allocated, this.#end + room.length);
  }

  /** Removes what is behind the last frame that is durable, as far as that can be done. */
  async takeBack(): Promise<void> {
    await this.#disk.truncate(this.#file, this.#end).catch(() => {});
    this.#allocated = this.#end;
  }

  async close(): Promise<void> {
    await this.takeBack();
    await this.#disk.datasync(this.#file).catch(() => {});
    await this.#disk.close(this.#file).catch(() => {});
  }

  /** A file without frames is of no use. */
  async discard(): Promise<void> {
    await this.#disk.close(this.#file).catch(() => {});
    await this.#disk.unlink(this.#path).catch(() => {});
  }
}

/** No space, or no more for this user: nothing is wrong with the file. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}
