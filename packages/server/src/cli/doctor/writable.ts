import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The path itself, or what is there of the way to it. */
export async function nearest(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    return dirname(path) === path ? path : nearest(dirname(path));
  }
}

const WORDS: Readonly<Record<string, string>> = {
  EROFS: 'it is on a file system that is mounted read-only',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
};

/** Why nothing can be written into a directory; undefined when it can. */
export async function whyNotWritable(directory: string): Promise<string | undefined> {
  try {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return WORDS[code] ?? message;
  }
}
