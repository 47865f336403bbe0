import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { dataOf, stringsOf, targetOf, type SystemCall } from './strace.ts';

interface Change {
  doneAt: number;
  apply(before: Buffer): Buffer;
  /** Bytes of a write, for tearing. */
  write?: { offset: number; data: Buffer };
}

interface DiskFile {
  /** What has been synced. */
  durable: Buffer;
  /** Done and not synced: a loss of power may keep any of it. */
  pending: Change[];
  size: number;
  isAppending: boolean;
}

const WRITES = new Set(['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2']);
const SYNCS = new Set(['fsync', 'fdatasync']);
/** What a disk writes as a whole. */
const SECTOR = 512;

/**
 * What is on a disk whose power fails: only what was synced is certain. Fed with a process's system calls, it can say
 * at any of them what a restart would find, in the worst case or with any part of what was not synced.
 * The rules are POSIX's: a sync covers what was written before it began; a name needs a sync of its directory.
 */
export class UnpluggedDisk {
  readonly #directory: string;
  readonly #names = new Map<string, DiskFile>();
  #durableNames = new Map<string, DiskFile>();
  /** Where `write` goes on in a file that was opened without O_APPEND. */
  readonly #positions = new Map<string, number>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param directory whose present content is taken as safely stored; only its own files are followed */
  static async of(directory: string): Promise<UnpluggedDisk> {
    const disk = new UnpluggedDisk(directory);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { name } = entry;
      const durable = await readFile(join(directory, name));
      const file = { durable, pending: [], size: durable.length, isAppending: false };
      disk.#names.set(join(directory, name), file);
    }
    disk.#durableNames = new Map(disk.#names);
    return disk;
  }

  /** Takes the exit of a call into account. */
  leave(call: SystemCall): void {
    if (call.result < 0 || call.isInjected) return;
    if (call.name === 'openat') return this.#open(call);
    if (/^rename|^unlink/.test(call.name)) return this.#rename(call);
    const path = targetOf(call);
    if (SYNCS.has(call.name) && path === this.#directory) this.#durableNames = new Map(this.#names);
    const file = this.#names.get(path);
    if (file === undefined) return;
    if (SYNCS.has(call.name)) this.#sync(file, call);
    else if (WRITES.has(call.name)) this.#write(path, file, call);
    else if (call.name === 'ftruncate' || call.name === 'fallocate') this.#resize(file, call);
  }

  /**
   * Writes what a restart would find.
   * @param keep whether a piece of at most a sector that was never synced got to the disk by chance
   */
  async restore(target: string, keep: () => boolean): Promise<void> {
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    for (const [path, file] of this.#durableNames) {
      // SQLite's shared memory is no part of what is stored, and is made anew.
      if (path.endsWith('-shm')) continue;
      let content = file.durable;
      for (const { write, apply } of file.pending) {
        if (write === undefined) content = keep() ? apply(content) : content;
        else content = tear(content, write, keep);
      }
      await writeFile(join(target, basename(path)), content);
    }
  }

  #open(call: SystemCall): void {
    const { arguments: args } = call;
    const path = stringsOf(args).at(-1)?.toString() ?? '';
    if (dirname(path) !== this.#directory) return;
    let file = this.#names.get(path);
    if (file === undefined && args.includes('O_CREAT')) {
      file = { durable: Buffer.alloc(0), pending: [], size: 0, isAppending: false };
      this.#names.set(path, file);
    }
    if (file === undefined) return;
    if (args.includes('O_APPEND')) file.isAppending = true;
    if (/O_D?SYNC/.test(args)) throw new Error('files that are opened synchronously are not modelled here');
    if (args.includes('O_TRUNC')) this.#push(file, { doneAt: call.left, apply: () => Buffer.alloc(0) }, 0);
    this.#positions.set(path, 0);
  }

  #rename(call: SystemCall): void {
    const [from = '', to = ''] = stringsOf(call.arguments)
      .map(String)
      .filter((path) => path.startsWith('/'));
    const file = this.#names.get(from);
    if (file === undefined) return;
    this.#names.delete(from);
    if (call.name.startsWith('rename')) this.#names.set(to, file);
  }

  #sync(file: DiskFile, call: SystemCall): void {
    const covered = file.pending.filter(({ doneAt }) => doneAt < call.entered);
    file.durable = covered.reduce((content, { apply }) => apply(content), file.durable);
    file.pending = file.pending.filter(({ doneAt }) => doneAt >= call.entered);
  }

  #write(path: string, file: DiskFile, call: SystemCall): void {
    const data = dataOf(call).subarray(0, call.result);
    const isPlaced = call.name.startsWith('p');
    const position = file.isAppending ? file.size : (this.#positions.get(path) ?? 0);
    const placed = call.name === 'pwritev2' ? /, (\d+), \w+$/ : /, (\d+)$/;
    const offset = isPlaced ? Number(placed.exec(call.arguments)?.[1]) : position;
    if (!isPlaced) this.#positions.set(path, offset + data.length);
    const write = { offset, data };
    this.#push(
      file,
      { doneAt: call.left, write, apply: (before) => overwrite(before, write) },
      Math.max(file.size, offset + data.length),
    );
  }

  #resize(file: DiskFile, call: SystemCall): void {
    const numbers = [...call.arguments.matchAll(/, (\d+)/g)].map(([, digits]) => Number(digits));
    const isAllocation = call.name === 'fallocate';
    if (isAllocation && call.arguments.includes('KEEP_SIZE')) return;
    const size = isAllocation
      ? Math.max(
          file.size,
          numbers.slice(-2).reduce((sum, part) => sum + part, 0),
        )
      : (numbers.at(-1) ?? 0);
    this.#push(file, { doneAt: call.left, apply: (before) => resized(before, size) }, size);
  }

  #push(file: DiskFile, change: Change, size: number): void {
    file.pending.push(change);
    file.size = size;
  }
}

function resized(content: Buffer, size: number): Buffer {
  return Buffer.concat([content.subarray(0, size), Buffer.alloc(Math.max(0, size - content.length))]);
}

function overwrite(before: Buffer, { offset, data }: { offset: number; data: Buffer }): Buffer {
  const after = resized(before, Math.max(before.length, offset + data.length));
  data.copy(after, offset);
  return after;
}

function tear(
  before: Buffer,
  { offset, data }: { offset: number; data: Buffer },
  keep: () => boolean,
): Buffer {
  const kept: Buffer[] = [];
  let size = before.length;
  for (let start = 0; start < data.length;) {
    const end = Math.min(data.length, start + SECTOR - ((offset + start) % SECTOR));
    if (keep()) {
      kept.push(data.subarray(start, end));
      size = Math.max(size, offset + end);
    }
    start = end;
  }
  const after = resized(before, size);
  for (const piece of kept) piece.copy(after, offset + piece.byteOffset - data.byteOffset);
  return after;
}
