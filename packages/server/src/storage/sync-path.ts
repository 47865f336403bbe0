import { open } from 'node:fs/promises';

/** A file's content on the disk, or a directory's names: a file that was made or renamed is durable when its name is. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
