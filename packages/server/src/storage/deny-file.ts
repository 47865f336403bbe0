import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../kernel/logger.ts';
import type { DenyEntry } from '../tracking/tracking.ts';

/** Superseded lines that are worth writing the file anew at start. */
const COMPACT_FROM = 1_000;

/** The edge's durable copy of the deny set: one JSON line an entry, appended and fsynced before it is confirmed. */
export class DenyFile {
  /** What was in the file when it was opened. */
  readonly entries: readonly DenyEntry[];
  /** False when a line was damaged: then the back end has to send everything again. */
  readonly complete: boolean;
  readonly #handle: FileHandle;
  #writing: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, entries: readonly DenyEntry[], complete: boolean) {
    this.#handle = handle;
    this.entries = entries;
    this.complete = complete;
  }

  static async open(path: string, logger: Logger): Promise<DenyFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const { entries: read, complete } = parse(text, logger);
    const current = newest(read);
    if (!complete || read.length - current.length >= COMPACT_FROM) await rewrite(path, current);
    return new DenyFile(await open(path, 'a', 0o600), current, complete);
  }

  /** Resolves when the entries would survive a loss of power. */
  append(entries: readonly DenyEntry[]): Promise<void> {
    const next = this.#writing
      .catch(() => {})
      .then(async () => {
        await this.#handle.appendFile(lines(entries));
        await this.#handle.datasync();
      });
    this.#writing = next;
    return next;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
  }
}

/** The last line may be torn by a crash. */
function parse(text: string, logger: Logger): { entries: DenyEntry[]; complete: boolean } {
  const entries: DenyEntry[] = [];
  let complete = text === '' || text.endsWith('\n');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      entries.push(JSON.parse(line) as DenyEntry);
    } catch {
      complete = false;
      logger.warn('a damaged line of the deny set is left out; the back end sends it again');
    }
  }
  return { entries, complete };
}

/** The newest entry of each target. Withdrawn ones stay: they hold the highest version. */
function newest(entries: readonly DenyEntry[]): DenyEntry[] {
  const byTarget = new Map<string, DenyEntry>();
  for (const entry of entries) {
    const name = `${entry.workspaceId}/${entry.target}`;
    if (entry.version >= (byTarget.get(name)?.version ?? 0)) byTarget.set(name, entry);
  }
  return [...byTarget.values()].sort((a, b) => a.version - b.version);
}

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
