import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { MemoryBytes, WindowedBytes, type ByteSource } from '../relay/instrument/instrument.ts';

/** Up to here input stays in memory. */
const MEMORY_BYTES = 1024 * 1024;

export interface SpooledInput {
  bytes: ByteSource;
  /** The bytes are gone then. */
  close(): void;
}

/**
 * Reads all input, so that it can be looked at in any order: what is large goes to a temporary file, readable by no one
 * else, and never left behind.
 *
 * @returns undefined when there is more than `largestBytes`
 */
export async function spoolInput(input: Readable, largestBytes: number): Promise<SpooledInput | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  let file: TemporaryFile | undefined;
  try {
    for await (const chunk of input as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      length += bytes.length;
      if (length > largestBytes) {
        file?.close();
        return undefined;
      }
      if (file === undefined && length > MEMORY_BYTES) {
        file = new TemporaryFile();
        for (const held of chunks.splice(0)) file.append(held);
      }
      if (file === undefined) chunks.push(bytes);
      else file.append(bytes);
    }
  } catch (error) {
    file?.close();
    throw error;
  }
  if (file === undefined) return { bytes: new MemoryBytes(Buffer.concat(chunks)), close: () => undefined };
  const { read, close } = file;
  return { bytes: new WindowedBytes(length, read), close };
}

class TemporaryFile {
  readonly #path = join(tmpdir(), `waybill-${randomUUID()}`);
  readonly #descriptor: number;

  constructor() {
    this.#descriptor = openSync(this.#path, 'wx+', 0o600);
    // It has no name from now on and goes with the process, however that ends. Windows may want it closed before.
    rmSync(this.#path, { force: true });
  }

  append(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
  }

  readonly read = (into: Buffer, position: number): void => {
    let filled = 0;
    while (filled < into.length) {
      const count = readSync(this.#descriptor, into, filled, into.length - filled, position + filled);
      if (count === 0) throw new Error('The temporary file became shorter.');
      filled += count;
    }
  };

  readonly close = (): void => {
    closeSync(this.#descriptor);
    rmSync(this.#path, { force: true });
  };
}
