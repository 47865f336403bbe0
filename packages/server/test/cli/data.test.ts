import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import shipped from '../../data/ranges.json' with { type: 'json' };
import { run } from '../../src/cli/data.ts';
import { openRangeLists } from '../../src/main/open-range-lists.ts';
import { createLookup } from '../../src/storage/lookup.ts';
import { readRangeLists } from '../../src/storage/range-lists.ts';
import { capturedIo } from '../support/captured-io.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const NOW = Date.UTC(2027, 0, 10, 12);
/** Telegram's, Google's and so on as they were shipped, and one more. */
const NEW_IPV4 = '45.66.77.0/24';
const IN_NEW = '45.66.77.8';

const cidrs = (name: string): string[] => shipped.ranges.find((list) => list.name === name)?.cidrs ?? [];
const prefixes = (list: readonly string[]) =>
  list.map((cidr) => (cidr.includes(':') ? { ipv6Prefix: cidr } : { ipv4Prefix: cidr }));

const GOOD: Record<string, string> = {
  'google-image-proxy': JSON.stringify({ prefixes: prefixes(cidrs('google-image-proxy')) }),
  'google-special-crawler': JSON.stringify({
    creationTime: '2027-01-09T00:00:00',
    prefixes: prefixes([...cidrs('google-special-crawler'), NEW_IPV4]),
  }),
  'exchange-online': JSON.stringify([
    { id: 1, ips: ['13.107.6.152/31'] },
    { id: 9, ips: cidrs('exchange-online').slice(0, 4) },
    { id: 10, ips: cidrs('exchange-online') },
  ]),
  telegram: `${cidrs('telegram').join('\r\n')}\r\n`,
  'apple-private-relay': relayCsv(),
};

/** A list as Apple publishes it, of about the shipped size. */
function relayCsv(): string {
  const ipv4 = Array.from({ length: 900 }, (_, i) => `172.${224 + (i >> 7)}.${(i & 127) * 2}.0/24`);
  const ipv6 = Array.from({ length: 5000 }, (_, i) => {
    const [second, third] = [0x26f7 + Math.floor(i / 2000), (i % 2000) * 32];
    return `2a02:${second.toString(16)}:${third.toString(16)}::/44`;
  });
  return [...ipv4, ...ipv6].map((cidr) => `${cidr},DE,DE-BE,Berlin,\n`).join('');
}

/** A server of lists, and the command on an empty data directory. */
async function setUp(answers: Record<string, string | ((response: ServerResponse) => void)> = GOOD) {
  const directory = await temporaryDirectory();
  const tables = join(directory.path, 'tables');
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').slice(1)];
    if (typeof answer === 'function') answer(response);
    else if (answer === undefined) response.writeHead(404).end('no such page');
    else response.end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sources = Object.keys(GOOD).map((name) => `--source=${name}=${base}/${name}`);
  let damaged = 0;
  const call = async (...args: string[]) => {
    const io = capturedIo({}, { now: NOW });
    const status = await run(
      args,
      io,
      openRangeLists(tables, () => (damaged += 1)),
    );
    return { status, out: io.out(), err: io.err() };
  };
  return {
    tables,
    base,
    call,
    damaged: () => damaged,
    update: (...more: string[]) => call('update', ...sources, ...more),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test('fetched lists are used by the next look-up, and the status says from when they are', async () => {
  await using world = await setUp();
  const before = JSON.parse((await world.call('status', '--json')).out) as { lists: { name: string }[] };
  const { status, out, err } = await world.update();
  assert.deepEqual([status, err], [0, '']);
  assert.equal(out.match(/up to date/g)?.length, 5);
  const lookup = await createLookup({ fetchedDirectory: world.tables });
  assert.deepEqual(lookup.ranges(IN_NEW), ['google-special-crawler']);
  assert.notDeepEqual((await createLookup()).ranges(IN_NEW), ['google-special-crawler']);
  assert.deepEqual(lookup.ranges('40.92.1.1'), ['exchange-online']);
  assert.deepEqual(lookup.ranges('172.224.2.9'), ['apple-private-relay']);
  const { lists } = JSON.parse((await world.call('status', '--json')).out) as {
    lists: { name: string; date: string; origin: string; ageDays: number }[];
  };
  assert.equal(lists.length, before.lists.length);
  const telegram = lists.find(({ name }) => name === 'telegram');
  assert.deepEqual([telegram?.date, telegram?.origin, telegram?.ageDays], ['2027-01-10', 'fetched', 0]);
  assert.equal(lists.find(({ name }) => name === 'barracuda')?.origin, 'shipped');
});

test('without network it says what is how old, and changes nothing', async () => {
  await using world = await setUp();
  const dead = 'http://127.0.0.1:9/list';
  const { status, out, err } = await world.call(
    'update',
    ...Object.keys(GOOD).map((name) => `--source=${name}=${dead}`),
  );
  assert.deepEqual([status, out], [1, '']);
  assert.match(err, /telegram: .+ The list of 2026-11-23 stays in use; it is 48 days old\./);
  assert.equal(err.trim().split('\n').length, 5);
  assert.deepEqual(await readdir(world.tables).catch(() => []), []);
  assert.match((await world.call('status')).out, /telegram +2026-11-23 +48 days old/);
});

test('what is not the list is refused with the reason, and the others are used', async () => {
  const bad: [string, string | ((response: ServerResponse) => void), RegExp][] = [
    ['telegram', '<!doctype html><title>Please sign in</title>', /is no address prefix/],
    ['telegram', '', /it has 0 ranges/],
    ['telegram', '0.0.0.0/0\n', /not of a size/],
    ['telegram', cidrs('telegram').concat('10.0.0.0/8').join('\n'), /private or reserved/],
    ['telegram', cidrs('telegram').concat('2001:db8::1/128').join('\n'), /not of a size|private or reserved/],
    ['telegram', cidrs('telegram').concat('52.0.0.0/8').join('\n'), /not the same list/],
    [
      'telegram',
      cidrs('telegram')
        .map((cidr) => cidr.replace(/^\d+(?=\.)/, '45').replace(/^[0-9a-f]+(?=:)/, '2a0f'))
        .join('\n'),
      /0 % of the ranges in use/,
    ],
    ['apple-private-relay', '172.224.1.0/24,US,US-CA,Los Angeles,\n', /not the same list/],
    ['google-image-proxy', '{"prefixes":[{"ipv4Prefix":42}]}', /not the form/],
    ['google-image-proxy', '{"prefixes":', /no JSON/],
    ['google-image-proxy', 'null', /not the form/],
    ['exchange-online', '[{"id":9,"ips":["40.92.0.0/15"]}]', /not the form/],
    ['exchange-online', (response) => response.writeHead(503).end(), /answered 503/],
    ['exchange-online', (response) => response.socket?.destroy(), /exchange-online: .+stays in use/],
  ];
  for (const [name, answer, reason] of bad) {
    await using world = await setUp({ ...GOOD, [name]: answer });
    const { status, out, err } = await world.update();
    assert.equal(status, 1, name);
    assert.match(err, reason);
    assert.equal(out.match(/up to date/g)?.length, 4);
    const lists = await readRangeLists(world.tables);
    assert.equal(lists.find((list) => list.name === name)?.origin, 'shipped');
    assert.equal(lists.filter(({ origin }) => origin === 'fetched').length, 4);
  }
});

test('a list carried in by hand is taken from its file', async () => {
  await using world = await setUp();
  const file = join(world.tables, '..', 'cidr.txt');
  await writeFile(file, cidrs('telegram').concat(NEW_IPV4).join('\n'));
  await world.update(`--source=telegram=${file}`);
  const lookup = await createLookup({ fetchedDirectory: world.tables });
  assert.ok(lookup.ranges(IN_NEW).length > 0);
  assert.equal((await world.update(`--source=telegram=${file}.missing`)).status, 1);
});

test('a damaged file of fetched lists is said and does not stop anything; the next update mends it', async () => {
  await using world = await setUp();
  await world.update();
  const [file = ''] = await readdir(world.tables);
  await writeFile(join(world.tables, file), '{"lists":');
  const said: string[] = [];
  const lookup = await createLookup({ fetchedDirectory: world.tables, onMissing: (text) => said.push(text) });
  assert.deepEqual(lookup.ranges('40.92.1.1'), ['exchange-online']);
  assert.ok(said.some((text) => /cannot be read/.test(text)));
  assert.equal((await world.call('status')).status, 0);
  assert.equal(world.damaged(), 1);
  assert.equal((await world.update()).status, 0);
  assert.deepEqual(await readdir(world.tables), [file]);
});

test('a list that came newer with Waybill itself is preferred to an old fetched one', async () => {
  await using world = await setUp();
  await world.update();
  const [file = ''] = await readdir(world.tables);
  const path = join(world.tables, file);
  const { lists } = (await import(path, { with: { type: 'json' } })).default as {
    lists: Record<string, { date: string }>;
  };
  for (const list of Object.values(lists)) list.date = '2020-01-01';
  await writeFile(path, JSON.stringify({ lists }));
  assert.ok((await readRangeLists(world.tables)).every(({ origin }) => origin === 'shipped'));
});

test('wrong calls are said to be wrong', async () => {
  await using world = await setUp();
  for (const args of [
    [],
    ['fetch'],
    ['update', 'now'],
    ['update', '--source=telegram'],
    ['update', '--source=nobody=http://x'],
    ['update', '--source=barracuda=http://x'],
    ['status', '--source=telegram=x'],
  ]) {
    assert.equal((await world.call(...args)).status, 2, args.join(' '));
  }
});
