import { Readable, Writable } from 'node:stream';
import type { CliIo, CliSettings } from '../../src/cli/io.ts';

/** A terminal, or a pipe, that keeps what is written to it. */
export interface CapturedIo extends CliIo {
  out(): string;
  err(): string;
}

export function capturedIo(
  env: Partial<CliSettings>,
  options: { stdin?: string | Uint8Array; isTty?: boolean; now?: number; signal?: AbortSignal } = {},
): CapturedIo {
  const out: string[] = [];
  const err: string[] = [];
  return {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')], { objectMode: false }),
    stdout: keeper(out),
    stderr: keeper(err),
    isTty: options.isTty ?? false,
    env: { dataDir: '/nonexistent', cwd: process.cwd(), noColor: false, ...env },
    clock: () => options.now ?? Date.now(),
    signal: options.signal ?? new AbortController().signal,
    out: () => out.join(''),
    err: () => err.join(''),
  };
}

function keeper(texts: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString('utf8'));
      done();
    },
  });
}
