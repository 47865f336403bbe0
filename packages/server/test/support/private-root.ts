import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { UNPACKED_FOLDER } from './mail-server-programs.ts';

const run = promisify(execFile);

/** Beyond the range that Debian gives to packages, and known only inside the root. */
const FIRST_ID = 61_000;

/**
 * Fills a directory so that a program of an unpacked Debian package runs in it with `chroot`: its paths and user names
 * are compiled in, and installing the package would drive another mail server off this machine. Needs root.
 * @param directory absolute, empty
 * @param programs absolute paths within the package that will be run
 * @param users names; each gets a group of its own
 * @returns the users' ids, by name
 */
export async function makePrivateRoot(
  directory: string,
  packageName: string,
  programs: readonly string[],
  users: readonly string[],
): Promise<Record<string, number>> {
  const source = join(UNPACKED_FOLDER, packageName);
  await cp(join(source, 'usr'), join(directory, 'usr'), { recursive: true, verbatimSymlinks: true });
  for (const folder of ['etc', 'dev', 'run', 'tmp', 'var/log', 'var/lib', 'var/spool', 'var/mail', 'root']) {
    await mkdir(join(directory, folder), { recursive: true });
  }
  await run('cp', ['-a', '/dev/null', '/dev/urandom', join(directory, 'dev')]);
  await run('ln', ['-s', '/run', join(directory, 'var', 'run')]);
  for (const library of await librariesOf(programs.map((program) => join(source, program)))) {
    const copy = join(directory, library);
    await mkdir(dirname(copy), { recursive: true });
    if (!existsSync(copy)) await copyFile(library, copy);
  }
  const ids = Object.fromEntries(users.map((name, index) => [name, FIRST_ID + index]));
  const entries = Object.entries({ root: 0, ...ids });
  const etc = {
    passwd: entries.map(([name, id]) => `${name}:x:${id}:${id}::/root:/bin/false`),
    group: [...entries, ['mail', 8] as const].map(([name, id]) => `${name}:x:${id}:`),
    hosts: ['127.0.0.1 localhost'],
    'nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files'],
    'resolv.conf': [],
    services: ['smtp 25/tcp', 'submission 587/tcp', 'submissions 465/tcp'],
    mailname: ['mail.example.org'],
  };
  for (const [name, lines] of Object.entries(etc)) {
    await writeFile(join(directory, 'etc', name), lines.map((line) => `${line}\n`).join(''));
  }
  for (const folder of [directory, join(directory, 'run')]) await chmod(folder, 0o755);
  return ids;
}

/** Absolute paths of the shared libraries, with the loader, as this machine has them. */
async function librariesOf(programs: readonly string[]): Promise<Set<string>> {
  const { stdout } = await run('ldd', [...programs]);
  if (stdout.includes('not found')) throw new Error(`libraries are missing:\n${stdout}`);
  return new Set([...stdout.matchAll(/(?:=> |^\t)(\/\S+) \(0x/gm)].map(([, path = '']) => path));
}
