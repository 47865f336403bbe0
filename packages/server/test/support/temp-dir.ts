import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty directory, removed with all that is in it when its scope ends. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** absolute */
  path: string;
}

/** `await using directory = await temporaryDirectory();` */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'waybill-test-'));
  return {
    path,
    // A process that was just killed may still be writing: removal is tried again for a moment.
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  };
}
