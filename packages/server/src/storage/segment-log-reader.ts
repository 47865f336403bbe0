import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LoggedHit } from '../tracking/tracking.ts';
import { readSegmentName, type SegmentName } from './hit-segment.ts';
import { firstSeq, SegmentReader, type Trouble } from './segment-reader.ts';

/** Files of the segment readers that stay open. */
type Cursors = ReadonlyMap<string, number>;

/** Reads the segments that one listener writes, in their order, and removes those that are stored. */
export class SegmentLogReader {
  readonly #directory: string;
  readonly #damagedDirectory: string;
  readonly #isRetired: () => boolean;
  readonly #report: (sentence: string) => void;
  readonly #readers = new Map<string, SegmentReader>();
  readonly #firstSeqs = new Map<string, number>();
  /** What was reported is not reported again when it is read again. */
  readonly #reported = new Set<string>();

  /**
   * @param options.damaged directory that takes what cannot be read
   * @param options.isRetired whether nobody writes there any more, so that the newest segment is complete, too
   * @param options.report is told of damage, in words
   */
  constructor(
    directory: string,
    options: { damaged: string; isRetired: () => boolean; report: (sentence: string) => void },
  ) {
    this.#directory = directory;
    this.#damagedDirectory = options.damaged;
    this.#isRetired = options.isRetired;
    this.#report = options.report;
  }

  read(cursors: Cursors, limit: number): LoggedHit[] {
    const hits: LoggedHit[] = [];
    const isRetired = this.#isRetired();
    const names = this.#names();
    for (const [index, name] of names.entries()) {
      if (hits.length === limit) break;
      const cursor = cursors.get(name.epoch) ?? 0;
      const next = names[index + 1];
      if (next !== undefined && this.#isPassed(name, next, cursor)) continue;
      const more = this.#reader(name).read(
        cursor,
        limit - hits.length,
        next !== undefined || isRetired,
        (trouble) => this.#note(trouble),
      );
      for (const hit of more) hits.push(hit);
      // In its order: what is not read to its end may still give hits.
      if (next !== undefined && !this.#reader(name).isEnded) break;
    }
    return hits;
  }

  /** Hits in the files that are behind the cursors. */
  backlog(cursors: Cursors): number {
    const lastSeqs = new Map<string, number>();
    const names = this.#names();
    // Of each epoch the last segment with hits tells, since numbers are consecutive.
    for (const name of names.toReversed()) {
      if ((lastSeqs.get(name.epoch) ?? 0) === 0) lastSeqs.set(name.epoch, this.#reader(name).tailSeq());
    }
    return [...lastSeqs].reduce((sum, [epoch, seq]) => sum + Math.max(0, seq - (cursors.get(epoch) ?? 0)), 0);
  }

  /** Removes segments all of whose hits are stored; never the newest, which may be in use. */
  trim(cursors: Cursors): void {
    const names = this.#names();
    for (const [index, name] of names.slice(0, this.#isRetired() ? undefined : -1).entries()) {
      const cursor = cursors.get(name.epoch) ?? 0;
      const next = names[index + 1];
      const reader = this.#readers.get(keyOf(name));
      const isStored =
        (reader?.isEnded === true && reader.lastSeq <= cursor) ||
        (next !== undefined && this.#isPassed(name, next, cursor));
      if (!isStored) continue;
      this.#forget(name);
      rmSync(join(this.#directory, basename(this.#pathOf(name))), { force: true });
    }
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
  }

  #names(): SegmentName[] {
    let names: string[];
    try {
      names = readdirSync(this.#directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const segments = names.map(readSegmentName).filter((name) => name !== undefined);
    return segments.toSorted((a, b) => a.number - b.number);
  }

  /** Without reading it: the next segment of the same epoch begins at or before what comes after the cursor. */
  #isPassed(name: SegmentName, next: SegmentName, cursor: number): boolean {
    if (name.epoch !== next.epoch || cursor === 0 || this.#readers.has(keyOf(name))) return false;
    // It takes the whole first frame to know that it is sound.
    const first = this.#firstSeqs.get(keyOf(next)) ?? firstSeq(this.#directory, next);
    if (first !== undefined) this.#firstSeqs.set(keyOf(next), first);
    return first !== undefined && first <= cursor + 1;
  }

  #reader(name: SegmentName): SegmentReader {
    const key = keyOf(name);
    let reader = this.#readers.get(key);
    if (reader === undefined) this.#readers.set(key, (reader = new SegmentReader(this.#directory, name)));
    return reader;
  }

  #forget(name: SegmentName): void {
    this.#readers.get(keyOf(name))?.close();
    this.#readers.delete(keyOf(name));
    this.#firstSeqs.delete(keyOf(name));
  }

  #pathOf(name: SegmentName): string {
    return this.#readers.get(keyOf(name))?.path ?? new SegmentReader(this.#directory, name).path;
  }

  #note(trouble: Trouble): void {
    const { path, offset } = trouble;
    const place = `${basename(this.#directory)}-${basename(path)}-${offset}`;
    if (this.#reported.has(place)) return;
    if (trouble.kind === 'torn') {
      this.#report(
        `the last ${trouble.sizeBytes} bytes of ${path} are half a commit that a crash cut off; nobody was told that its hits are kept, and it is passed over`,
      );
      this.#reported.add(place);
      return;
    }
    mkdirSync(this.#damagedDirectory, { recursive: true, mode: 0o700 });
    const aside = join(this.#damagedDirectory, `${place}.bytes`);
    writeFileSync(aside, trouble.bytes, { mode: 0o600 });
    this.#reported.add(place);
    this.#report(
      `${trouble.bytes.length} bytes of ${path} from ${offset} on are damaged and cannot be read as hits; they are kept in ${aside}`,
    );
  }
}

function keyOf({ number, epoch }: SegmentName): string {
  return `${number}-${epoch}`;
}
