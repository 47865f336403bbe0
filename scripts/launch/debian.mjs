import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const POLICY = '/usr/sbin/policy-rc.d';
const PATIENCE = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
/** RUNLEVEL=1: a package that brings a service must not start it on the user's machine. */
const OPTIONS = { leashed: false, env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };

let isUpdated = false;

/** Whether Debian packages can be installed here: Debian or a descendant, and we are root. */
export function canInstallDebianPackages() {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
}

/**
 * Installs packages, starting none of their services. What is there is neither removed nor upgraded: then it fails.
 * @param {import('./steps.mjs').Tools['tool']} tool
 * @param {string[]} names
 */
export async function installDebianPackages(tool, names) {
  await update(tool);
  const allowServices = denyServices();
  try {
    const install = ['install', '-y', '--no-install-recommends', '--no-remove', '--no-upgrade'];
    await tool('apt-get', [...PATIENCE, ...install, ...names], OPTIONS);
  } finally {
    allowServices();
  }
}

/**
 * Downloads packages and unpacks each into a folder of its name, for programs whose packages exclude each other. The
 * libraries that they name are installed.
 * @param {import('./steps.mjs').Tools['tool']} tool
 * @param {string[]} names
 * @param {string} folder absolute; what it held is replaced
 */
export async function unpackDebianPackages(tool, names, folder) {
  await update(tool);
  const unpacked = `${folder}.new`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  await tool('apt-get', [...PATIENCE, ...sandbox, 'download', ...names], { ...OPTIONS, cwd: unpacked });
  /** @type {string[]} */
  const libraries = [];
  for (const file of readdirSync(unpacked)) {
    const archive = join(unpacked, file);
    const [name = ''] = file.split('_');
    await tool('dpkg-deb', ['--extract', archive, join(unpacked, name)], OPTIONS);
    const depends = await tool('dpkg-deb', ['--field', archive, 'Depends', 'Pre-Depends'], OPTIONS);
    libraries.push(...[...depends.matchAll(/(?:^|[,:] )(lib[\w.+-]+)/gm)].map(([, library = '']) => library));
    rmSync(archive);
  }
  await installDebianPackages(tool, libraries);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unpacked, folder);
}

/** Once for all steps of a run. @param {import('./steps.mjs').Tools['tool']} tool */
async function update(tool) {
  if (!isUpdated) await tool('apt-get', [...PATIENCE, 'update'], OPTIONS);
  isUpdated = true;
}

/**
 * Where systemd runs, a runlevel is not asked for, but the local policy is
 * (https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt). Should this process be killed, what it
 * leaves behind allows everything.
 * @returns {() => void} takes it back
 */
function denyServices() {
  if (existsSync(POLICY)) return () => {};
  const takeBack = () => rmSync(POLICY, { force: true });
  process.once('exit', takeBack);
  const lines = [
    '#!/bin/sh',
    '# Written by Waybill while it installs packages for its tests; may be deleted.',
    `kill -0 ${process.pid} 2>/dev/null && exit 101`,
    'exit 0',
  ];
  writeFileSync(POLICY, `${lines.join('\n')}\n`, { mode: 0o755 });
  return () => {
    process.off('exit', takeBack);
    takeBack();
  };
}
