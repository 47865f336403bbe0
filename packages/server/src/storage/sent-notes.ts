import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../kernel/logger.ts';
import type { EndedAttempt, SentNotes } from '../relay/relay.ts';

/** From this size on the other file is written, as soon as nothing in it is needed any more. */
const TURN_AT_BYTES = 256 * 1024;

interface NoteFile {
  handle: number;
  sizeBytes: number;
  /** Notes whose outcomes are not in the store yet. */
  needed: number;
}

/**
 * Notes in two small files that take turns, one JSON line each. A write is a single call that ends in the system's
 * memory, so a note survives the process from the moment the call returns; nothing waits for the disk. Should a write
 * fail (a full disk), the copy is as safe as without notes.
 */
export class SentNoteFiles implements SentNotes {
  readonly found: readonly EndedAttempt[];
  readonly #files: readonly [NoteFile, NoteFile];
  readonly #fileOf = new Map<string, NoteFile>();
  readonly #logger: Logger;
  #current = 0;
  #isWritable = true;
  #closed = false;

  /** @param path of the files, without their numbers; they are created when missing, with their directory */
  constructor(path: string, logger: Logger) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const paths = [`${path}.0`, `${path}.1`] as const;
    this.#files = [openFile(paths[0]), openFile(paths[1])];
    this.found = paths.flatMap((file) => parse(readFileSync(file, 'utf8')));
    this.#logger = logger;
  }

  forgetFound(): void {
    for (const file of this.#files) if (file.needed === 0) empty(file);
  }

  note(ended: EndedAttempt): void {
    // By then the number of the file may be another file's.
    if (this.#closed) return;
    const file = this.#fileWithRoom();
    try {
      // A line break before it: half a line, from a disk that was full, must not damage this one.
      file.sizeBytes += writeSync(file.handle, `\n${JSON.stringify(ended)}\n`);
      file.needed++;
      this.#fileOf.set(keyOf(ended), file);
      this.#isWritable = true;
    } catch (err) {
      if (this.#isWritable) this.#logger.warn({ err }, 'what was sent cannot be noted down at once');
      this.#isWritable = false;
    }
  }

  forget(ended: EndedAttempt): void {
    const file = this.#fileOf.get(keyOf(ended));
    if (file === undefined) return;
    this.#fileOf.delete(keyOf(ended));
    file.needed--;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { handle } of this.#files) closeSync(handle);
  }

  #fileWithRoom(): NoteFile {
    const [file, other] = this.#current === 0 ? this.#files : this.#files.toReversed();
    if (file === undefined || other === undefined) throw new Error('there are two files');
    if (file.sizeBytes < TURN_AT_BYTES || other.needed > 0) return file;
    empty(other);
    this.#current = 1 - this.#current;
    return other;
  }
}

function openFile(path: string): NoteFile {
  // Appending, so that a file that was emptied is written from its beginning.
  return { handle: openSync(path, 'a', 0o600), sizeBytes: 0, needed: 0 };
}

function empty(file: NoteFile): void {
  ftruncateSync(file.handle, 0);
  file.sizeBytes = 0;
}

/** A line that is damaged is passed over: it says of no copy that it was sent. */
function parse(text: string): EndedAttempt[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      const ended = JSON.parse(line) as EndedAttempt;
      return typeof ended.id === 'string' && typeof ended.outcome === 'object' ? [ended] : [];
    } catch {
      return [];
    }
  });
}

function keyOf({ id, attempts }: EndedAttempt): string {
  return `${attempts} ${id}`;
}
