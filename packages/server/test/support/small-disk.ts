import { execFile } from 'node:child_process';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why no small disk can be mounted here; undefined when it can. */
export const noSmallDisk: string | undefined =
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'only root on Linux can mount a small disk';

/** A file system of its own in memory that can be filled up. */
export interface SmallDisk extends AsyncDisposable {
  /** absolute */
  path: string;
  /** Takes all space that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  release(): Promise<void>;
  /** Nothing can be written any more, as after an error of the disk. */
  protect(): Promise<void>;
}

/** @param directory empty, on which it is mounted */
export async function mountSmallDisk(directory: string, megabytes: number): Promise<SmallDisk> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', directory]);
  const ballast = join(directory, 'ballast');
  return {
    path: directory,
    fill: async () => {
      const file = await open(ballast, 'a');
      try {
        for (let size = 1_048_576; size >= 1;) {
          try {
            await file.write(Buffer.alloc(size));
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            size = Math.floor(size / 2);
          }
        }
      } finally {
        await file.close();
      }
    },
    release: () => unlink(ballast),
    protect: async () => {
      await run('mount', ['-o', 'remount,ro', directory]);
    },
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', directory]);
    },
  };
}
