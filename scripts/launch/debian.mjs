import { existsSync } from 'node:fs';

/** Whether Debian packages can be installed here: Debian or a descendant, and we are root. */
export function canInstallDebianPackages() {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
}

/**
 * @param {import('./steps.mjs').Tools['tool']} tool
 * @param {string[]} names
 */
export async function installDebianPackages(tool, names) {
  // RUNLEVEL=1: a package that brings a service must not start it on the user's machine.
  const options = { leashed: false, env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
  const patience = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  await tool('apt-get', [...patience, 'update'], options);
  await tool('apt-get', [...patience, 'install', '-y', '--no-install-recommends', ...names], options);
}
