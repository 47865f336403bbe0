import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PEER = fileURLToPath(new URL('./peer/', import.meta.url));

/** Names that are no programs on this machine. */
function missing(names: readonly string[]): string[] {
  return names.filter((name) => {
    try {
      execFileSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${name}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
}

const PACKAGES: Record<string, string> = { wrk: 'wrk', nginx: 'nginx-light', taskset: 'util-linux' };

/**
 * Has what the benchmark compares with: installs Debian's packages when this is Debian and we are root.
 * @throws Error that says what is missing and how to get it
 */
export async function needPrograms(): Promise<void> {
  if (process.platform !== 'linux') throw new Error('This benchmark reads /proc: it runs on Linux only.');
  const wanted = missing(Object.keys(PACKAGES)).map((name) => PACKAGES[name] ?? name);
  if (wanted.length === 0) return;
  const command = `apt-get install ${wanted.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`Not installed here: ${wanted.join(', ')}. On Debian, as root: ${command}`);
  }
  process.stderr.write(`bench: ${command} …\n`);
  // RUNLEVEL=1: nginx must not be started as a service of this machine.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-y', '--no-install-recommends'];
  await run('apt-get', ['install', ...options, ...wanted], { env }).catch(async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', ...options, ...wanted], { env });
  });
}

/** @returns the peer's folder with its packages, or undefined when they cannot be had (no network) */
export async function peerFolder(): Promise<string | undefined> {
  const folder = join(ROOT, '.waybill', 'bench-peer');
  await mkdir(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'server.mjs'])
    await copyFile(join(PEER, file), join(folder, file));
  if (existsSync(join(folder, 'node_modules', 'nodemailer-mail-tracking'))) return folder;
  process.stderr.write('bench: installing the peer …\n');
  try {
    await run('npm', ['ci', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'], {
      cwd: folder,
    });
    return folder;
  } catch (error) {
    process.stderr.write(`bench: without the peer, npm could not install it: ${(error as Error).message}\n`);
    return undefined;
  }
}
