import { existsSync, readFileSync } from 'node:fs';
import { fromRoot } from './root.mjs';

/**
 * @typedef {object} LockedPackage An entry of npm's lock file
 * (https://docs.npmjs.com/cli/configuring-npm/package-lock-json).
 * @property {string} path from the root, `node_modules/…`
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {boolean} [inBundle]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 * @property {Record<string, string>} [optionalDependencies]
 */

/** @param {string} file  @returns {any} undefined when there is none, or it was cut off in writing */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * What must be installed on this platform.
 * @param {string} lockFile
 * @returns {LockedPackage[]}
 */
export function lockedPackages(lockFile) {
  return allPackages(lockFile).filter((entry) => {
    if (entry.inBundle) return false;
    const isRestricted = entry.os !== undefined || entry.cpu !== undefined;
    // An optional package without restrictions may belong to one that is not for this platform.
    if ((entry.optional || entry.devOptional) && !isRestricted) return false;
    return isForThisPlatform(entry);
  });
}

/**
 * @param {string} lockFile
 * @param {string} installedFile `node_modules/.package-lock.json`, which npm writes last
 * @returns {string[]} paths of packages that are not installed, or in another version
 */
export function missingPackages(lockFile, installedFile) {
  const installed = readJson(installedFile)?.packages ?? {};
  return lockedPackages(lockFile)
    .filter(({ path, version, integrity }) => {
      const found = installed[path];
      return (
        found === undefined ||
        found.version !== version ||
        found.integrity !== integrity ||
        !existsSync(fromRoot(path, 'package.json'))
      );
    })
    .map(({ path }) => path);
}

/**
 * Native parts that a package has for this platform, but that the lock file does not know: npm leaves out what its
 * registry did not offer when the lock file was made, and then never installs it.
 * @param {string} lockFile
 * @returns {{ name: string, version: string }[]}
 */
export function unlockedBindings(lockFile) {
  const all = allPackages(lockFile);
  const known = new Set(all.map(({ path }) => path));
  const suffix = new RegExp(`[-/]${process.platform}-${process.arch}(?:-(?:gnu|musl|msvc))?$`);
  const otherLibc = libc() === 'musl' ? '-gnu' : '-musl';
  return all.flatMap(({ path, optionalDependencies = {} }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => suffix.test(name) && !name.endsWith(otherLibc))
      .filter(([name]) => !known.has(`node_modules/${name}`) && !known.has(`${path}/node_modules/${name}`))
      .map(([name, version]) => ({ name, version })),
  );
}

/** @param {string} lockFile  @returns {LockedPackage[]} */
function allPackages(lockFile) {
  /** @type {Record<string, Omit<LockedPackage, 'path'>>} */
  const packages = readJson(lockFile)?.packages ?? {};
  return Object.entries(packages)
    .filter(([path]) => path.includes('node_modules/'))
    .map(([path, entry]) => ({ path, ...entry }));
}

/** @param {LockedPackage} entry */
function isForThisPlatform({ os, cpu, libc: libraries }) {
  return (
    allows(os, process.platform) &&
    allows(cpu, process.arch) &&
    (libraries === undefined || allows(libraries, libc()))
  );
}

/** @param {string | string[] | undefined} list names, or names to leave out with a `!`  @param {string} name */
function allows(list, name) {
  if (list === undefined) return true;
  const names = [list].flat();
  if (names.includes(`!${name}`)) return false;
  return names.every((item) => item.startsWith('!')) || names.includes(name);
}

/** @returns {string} */
function libc() {
  if (process.platform !== 'linux') return '';
  knownLibc ??= existsGlibc() ? 'glibc' : 'musl';
  return knownLibc;
}
/** @type {string | undefined} */
let knownLibc;

function existsGlibc() {
  const report = /** @type {any} */ (process.report);
  // Looking up network interfaces' names would make the report slow.
  report.excludeNetwork = true;
  return report.getReport().header.glibcVersionRuntime !== undefined;
}
