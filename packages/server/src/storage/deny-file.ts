import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../kernel/logger.ts';
import type { DenyEntry } from '../tracking/tracking.ts';
import { syncPath } from './sync-path.ts';

/** Superseded lines that are worth writing the file anew at start. */
const COMPACT_FROM = 1_000;

/** The edge's durable copy of the deny set: one JSON line an entry, appended and fsynced before it is confirmed. */
export class DenyFile {
  /** What was in the file when it was opened: of each target the newest entry, in the order of versions. */
  readonly entries: readonly DenyEntry[];
  /** False when a line was damaged: then the back end has to send everything again. */
  readonly complete: boolean;
  readonly #handle: FileHandle;
  #sizeBytes: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    handle: FileHandle,
    sizeBytes: number,
    content: { entries: readonly DenyEntry[]; complete: boolean },
  ) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
    this.entries = content.entries;
    this.complete = content.complete;
  }

  /** @param path is created when missing, with its directory */
  static async open(path: string, logger: Logger): Promise<DenyFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const { entries: read, complete } = parse(text, logger);
    const entries = newest(read);
    if (!complete || read.length - entries.length >= COMPACT_FROM) await rewrite(path, entries);
    const handle = await open(path, 'a', 0o600);
    await syncPath(dirname(path));
    return new DenyFile(handle, (await handle.stat()).size, { entries, complete });
  }

  /** Resolves when the entries would survive a loss of power; when it rejects, none of them is in the file. */
  append(entries: readonly DenyEntry[]): Promise<void> {
    const next = this.#writing.catch(() => {}).then(() => this.#append(lines(entries)));
    this.#writing = next;
    return next;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
  }

  async #append(text: string): Promise<void> {
    try {
      await this.#handle.appendFile(text);
      await this.#handle.datasync();
      this.#sizeBytes += Buffer.byteLength(text);
    } catch (error) {
      // Half a line of a full disk would damage the next one, too.
      await this.#handle.truncate(this.#sizeBytes);
      throw error;
    }
  }
}

/** The last line may be torn by a crash; it was never confirmed. */
function parse(text: string, logger: Logger): { entries: DenyEntry[]; complete: boolean } {
  const entries: DenyEntry[] = [];
  let complete = text === '' || text.endsWith('\n');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const entry = parseLine(line);
    if (entry !== undefined) entries.push(entry);
    else complete = false;
  }
  if (!complete) logger.warn('a damaged line of the deny set is left out; the back end sends it again');
  return { entries, complete };
}

function parseLine(line: string): DenyEntry | undefined {
  try {
    const entry = JSON.parse(line) as DenyEntry | null;
    return typeof entry?.version === 'number' && typeof entry.workspaceId === 'number' ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** The newest entry of each target. Withdrawn ones stay: they hold the highest version. */
function newest(entries: readonly DenyEntry[]): DenyEntry[] {
  const byTarget = new Map<string, DenyEntry>();
  for (const entry of entries) {
    const name = `${entry.kind}/${entry.workspaceId}/${entry.target}`;
    if (entry.version >= (byTarget.get(name)?.version ?? 0)) byTarget.set(name, entry);
  }
  return [...byTarget.values()].sort((a, b) => a.version - b.version);
}

/** Whole, under another name, then renamed: at every moment there is one complete file. */
async function rewrite(path: string, entries: readonly DenyEntry[]): Promise<void> {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', 0o600);
  await handle.writeFile(lines(entries));
  await handle.datasync();
  await handle.close();
  await rename(temporary, path);
}

function lines(entries: readonly DenyEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
