// Builds packages/server/tables/asn.bin, the table of address → autonomous system → owner, from the CSV files of the
// npm package @ip-location-db/asn. Zero-dependency, idempotent, atomic. Layout: packages/server/src/storage/network-table.ts.
import {
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const MAGIC = 'WBASN001';
const FORMAT = 1;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** @typedef {{ starts: bigint[], indexes: number[] }} Ranges starts of ranges, and whose each is */

/**
 * @param {{ directory?: string, log?: (line: string) => void }} [options]
 * @returns {boolean} whether anything had to be built
 */
export function buildTables({ directory = join(root, 'packages/server/tables'), log = () => {} } = {}) {
  const require = createRequire(join(root, 'packages/server/package.json'));
  const manifest = require.resolve('@ip-location-db/asn/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const builtFrom = `@ip-location-db/asn@${version}#${FORMAT}`;
  const target = join(directory, 'asn.bin');
  if (readHeader(target)?.builtFrom === builtFrom) return false;

  const source = dirname(manifest);
  const owners = new Owners();
  log('Reading the IPv4 networks …');
  const ipv4 = readRanges(join(source, 'asn-ipv4-num.csv'), owners, (text) => BigInt(text), 0n);
  log('Reading the IPv6 networks …');
  // The upper 64 bits: nothing longer than /64 is routed.
  const ipv6 = readRanges(join(source, 'asn-ipv6.csv'), owners, upperBits, 0n);
  log('Writing the table …');
  const content = encode(builtFrom, ipv4, ipv6, owners);
  mkdirSync(directory, { recursive: true });
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
  log(
    `${ipv4.starts.length + ipv6.starts.length} networks of ${owners.count} owners, ${(content.length / 1e6).toFixed(1)} MB.`,
  );
  return true;
}

class Owners {
  /** @type {Map<number, number>} */
  #index = new Map();
  rows = [{ asn: 0, name: '' }];

  get count() {
    return this.rows.length - 1;
  }

  /** @param {number} asn  @param {string} name  @returns {number} its row */
  add(asn, name) {
    let index = this.#index.get(asn);
    if (index === undefined) {
      index = this.rows.length;
      this.#index.set(asn, index);
      this.rows.push({ asn, name });
    }
    return index;
  }
}

/**
 * Sorted starts of ranges; a gap is a range of owner 0; neighbours of one owner are one range.
 * @param {string} file
 * @param {Owners} owners
 * @param {(text: string) => bigint} parse of an address
 * @param {bigint} first
 * @returns {Ranges}
 */
function readRanges(file, owners, parse, first) {
  /** @type {bigint[]} */
  const starts = [];
  /** @type {number[]} */
  const indexes = [];
  let next = first;
  const push = (/** @type {bigint} */ start, /** @type {number} */ index) => {
    if (indexes.at(-1) !== index) {
      starts.push(start);
      indexes.push(index);
    }
  };
  push(first, 0);
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const [from = '', to = '', asn, ...owner] = line.split(',');
    const start = parse(from);
    const end = parse(to);
    if (start < next && start !== first) continue; // an overlap: the first row stays
    if (start > next) push(next, 0);
    push(start, owners.add(Number(asn), owner.join(',').replace(/^"|"$/g, '').replaceAll('""', '"')));
    next = end + 1n;
  }
  push(next, 0);
  return { starts, indexes };
}

/** @param {string} text an IPv6 address */
function upperBits(text) {
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined ? front : [...front, ...Array(8 - front.length - back.length).fill('0'), ...back];
  return BigInt(
    `0x${groups
      .slice(0, 4)
      .map((group) => group.padStart(4, '0'))
      .join('')}`,
  );
}

/** @param {string} builtFrom  @param {Ranges} ipv4  @param {Ranges} ipv6  @param {Owners} owners */
function encode(builtFrom, ipv4, ipv6, owners) {
  const names = owners.rows.map(({ name }) => Buffer.from(name, 'utf8'));
  const header = JSON.stringify({
    builtFrom,
    ipv4: ipv4.starts.length,
    ipv6: ipv6.starts.length,
    owners: owners.rows.length,
  });
  const headerBytes = Buffer.from(header.padEnd(Math.ceil(header.length / 4) * 4), 'utf8');
  let end = 0;
  const offsets = [0, ...names.map((name) => (end += name.length))];
  return Buffer.concat([
    Buffer.from(MAGIC, 'latin1'),
    words([headerBytes.length]),
    headerBytes,
    words(ipv4.starts.map(Number)),
    words(ipv4.indexes),
    words(ipv6.starts.map((start) => Number(start >> 32n))),
    words(ipv6.starts.map((start) => Number(start & 0xffffffffn))),
    words(ipv6.indexes),
    words(owners.rows.map(({ asn }) => asn)),
    words(offsets),
    ...names,
  ]);
}

/** @param {number[]} values */
function words(values) {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => buffer.writeUInt32LE(value, i * 4));
  return buffer;
}

/** @param {string} file  @returns {{ builtFrom?: string } | undefined} */
function readHeader(file) {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(1024);
      const size = readSync(fd, start, 0, start.length, 0);
      if (start.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
      const length = start.readUInt32LE(MAGIC.length);
      return JSON.parse(start.toString('utf8', MAGIC.length + 4, Math.min(size, MAGIC.length + 4 + length)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined; // absent or unreadable: build it
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = performance.now();
  const built = buildTables({ log: (line) => process.stderr.write(`${line}\n`) });
  process.stderr.write(
    built
      ? `Built in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`
      : 'The network table is up to date.\n',
  );
}
