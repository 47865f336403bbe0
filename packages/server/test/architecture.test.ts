import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readSourceFiles, type SourceFile } from './support/source-files.ts';

/**
 * The rules of ARCHITECTURE.md, kept by reading every import of the server: who may know whom. When a rule is in the
 * way, it is usually the code that should move; see docs/adr/0002.
 */
const ROOT = fileURLToPath(new URL('../src', import.meta.url));
const FEATURES = [
  'tracking',
  'truth',
  'messages',
  'relay',
  'reports',
  'mailboxes',
  'notify',
  'privacy',
  'stats',
];

/** Which rooms the files of a room may import from, beside its own. */
const MAY_IMPORT: Record<string, string[]> = {
  kernel: [],
  config: ['kernel'],
  ...Object.fromEntries(FEATURES.map((feature) => [feature, ['kernel', ...FEATURES]])),
  // Its ports are declared by those that consume them.
  storage: ['kernel', 'api', ...FEATURES],
  api: ['kernel', 'config', ...FEATURES],
  cli: ['kernel', 'config', ...FEATURES],
  main: ['kernel', 'config', 'storage', 'api', 'cli', ...FEATURES],
};

/** Where a library may be used: a room or a folder in it. One that is not listed is forbidden. */
const LIBRARY_ROOMS: Record<string, string[]> = {
  '@node-rs/argon2': ['api/auth'],
  'crawler-user-agents': ['truth'],
  entities: ['relay/instrument', 'reports'],
  fastify: ['api'],
  imapflow: ['mailboxes'],
  'ipaddr.js': ['kernel', 'notify', 'tracking', 'truth'],
  isbot: ['truth'],
  kysely: ['storage'],
  libmime: ['relay'],
  mailauth: ['relay'],
  mailparser: ['api'],
  maxmind: ['storage'],
  'node:sqlite': ['storage'],
  nodemailer: ['relay'],
  pg: ['storage'],
  pino: ['kernel'],
  'smtp-server': ['relay'],
  tar: ['storage/backup'],
  zod: ['config', 'api', 'cli'],
};

const FORBIDDEN_NAMES =
  /^(?:utils?|helpers?|common|manager|base|misc|shared)$|(?:-|^)(?:utils?|helpers?|manager)$/;
/** These have a start of their own: the program, and the worker threads. */
const ENTRY = /^main\.ts$|-worker\.ts$/;

const files = readSourceFiles(ROOT);
const sources = files.filter(({ path }) => !path.endsWith('.test.ts'));
const known = new Set(files.map(({ path }) => path));

test('every import is read: each file but the leaves names another, and each name leads to a file', () => {
  assert.ok(sources.length > 50, `only ${sources.length} files were found`);
  const main = sources.find(({ path }) => path === 'main.ts');
  assert.ok(main?.references.some(({ file }) => file === 'config/load.ts'));
  assert.ok(references().some(({ specifier }) => specifier === 'kysely'));
  none(references().filter(({ to }) => to !== undefined && !to.endsWith('.json') && !known.has(to)));
});

test('rooms know only the rooms below them', () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  none(
    [...rooms]
      .filter((room) => MAY_IMPORT[room] === undefined)
      .map((room) => ({ from: room, to: 'no such room' })),
  );
  none(
    references().filter(({ from, to }) => {
      if (to === undefined || !known.has(to)) return false;
      const [room, target] = [roomOf(from), roomOf(to)];
      return room !== target && MAY_IMPORT[room]?.includes(target) !== true;
    }),
  );
});

test('a room is imported through its public file', () => {
  none(
    references().filter(({ from, to }) => {
      if (to === undefined || !known.has(to)) return false;
      const target = roomOf(to);
      const isOpen = ['kernel', 'config', 'cli', 'main'].includes(target);
      // Storage has no public file: what wires it names the adapter it means.
      return roomOf(from) !== target && !isOpen && target !== 'storage' && !isPublic(to);
    }),
  );
});

test('libraries stay in their rooms', () => {
  none(
    references().filter(({ from, specifier }) => {
      const library = libraryOf(specifier);
      if (library === undefined || library === '@waybill/sdk') return false;
      return LIBRARY_ROOMS[library]?.some((room) => from.startsWith(`${room}/`)) !== true;
    }),
  );
});

test('no file depends on itself, by whatever way round', () => {
  const cycle = findCycle(
    new Map(
      sources.map(({ path, references: all }) => [
        path,
        all.flatMap(({ file, isPath }) => (isPath ? [] : (file ?? []))),
      ]),
    ),
  );
  assert.equal(cycle?.join(' → '), undefined);
});

test('no feature depends on itself by way of others', () => {
  const graph = new Map<string, string[]>(FEATURES.map((feature) => [feature, []]));
  for (const { from, to } of references()) {
    const [room, target] = [roomOf(from), to === undefined ? '' : roomOf(to)];
    if (room !== target && FEATURES.includes(target)) graph.get(room)?.push(target);
  }
  assert.equal(findCycle(graph)?.join(' → '), undefined);
});

test('only config/ reads the environment', () => {
  const readers = sources.filter(({ text }) => /\bprocess\.env\b|\benv\b.*from 'node:process'/.test(text));
  assert.deepEqual(
    readers.map(({ path }) => path),
    ['config/environment.ts', 'config/load.ts'],
  );
});

test('files are named for what they are', () => {
  const wrong = files.filter(({ path }) => {
    const names = path.replace(/(?:\.test|\.css)?\.ts$/, '').split('/');
    const isKebab = names.every((name) => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name));
    return !isKebab || names.at(-1) === 'index' || names.some((name) => FORBIDDEN_NAMES.test(name));
  });
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test('nothing has a default export', () => {
  none(
    sources
      .filter(({ text }) => /^export default\b/m.test(text))
      .map(({ path }) => ({ from: path, to: 'default' })),
  );
});

test('no import has a side effect that can be seen in the source', () => {
  const loose = sources
    .filter(({ path }) => !ENTRY.test(path))
    .flatMap(({ path, looseStatements }) =>
      looseStatements.map((statement) => ({ from: path, to: statement })),
    );
  none(loose);
});

test('no import has a side effect that can be seen in the process', () => {
  const libraries = new Set(
    references().flatMap(({ specifier }) => (libraryOf(specifier) ? [specifier] : [])),
  );
  const program = `
    // What libraries do is not ours to judge, and looking at the standard streams opens them.
    for (const library of ${JSON.stringify([...libraries])}) await import(library);
    process.stdout.write(''); process.stderr.write('');
    const looks = {
      listeners: () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
      'open handles': () => process.getActiveResourcesInfo().filter((name) => !/^(FSReq|CloseReq)/.test(name)),
      environment: () => process.env,
      'working directory': () => process.cwd(),
    };
    const look = (name) => JSON.stringify(looks[name]());
    for (const url of ${JSON.stringify(importable(sources))}) {
      const before = Object.keys(looks).map((name) => [name, look(name)]);
      await import(url);
      for (const [name, seen] of before) if (look(name) !== seen) console.log(url + ' changes: ' + name);
    }`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.deepEqual({ stdout, stderr, status }, { stdout: '', stderr: '', status: 0 });
});

interface Edge {
  from: string;
  to: string | undefined;
  specifier: string;
}

function references(): Edge[] {
  return sources.flatMap(({ path, references: all }) =>
    all.map(({ file, specifier }) => ({ from: path, to: file, specifier })),
  );
}

/** `main.ts` and the folder `main/` are one room. */
function roomOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? path;
}

/** `relay/relay.ts`, and of a room within a room `relay/instrument/instrument.ts`. */
function isPublic(path: string): boolean {
  const [file, folder] = path.split('/').reverse();
  return file === `${folder}.ts`;
}

/** The package's name, or the specifier of those of Node's modules that have a room; undefined for all others. */
function libraryOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined;
  if (specifier.startsWith('node:')) return specifier in LIBRARY_ROOMS ? specifier : undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function importable(all: SourceFile[]): string[] {
  return all
    .filter(({ path }) => !ENTRY.test(path))
    .map(({ path }) => new URL(`../src/${path}`, import.meta.url).href);
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function none(edges: { from: string; to: string | undefined; specifier?: string }[]): void {
  assert.deepEqual(
    edges.map(({ from, to, specifier }) => `${from} → ${to ?? specifier}`),
    [],
  );
}
