import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { openPostgres } from '../../src/storage/engine.ts';
import { usePostgres } from './postgres.ts';
import { eventually } from './server.ts';

const postgres = usePostgres();
const { skip } = postgres;

test('a private PostgreSQL takes the migrations, also of two processes at once', { skip }, async () => {
  const url = await postgres.createDatabase();
  const [engine, other] = await Promise.all([openPostgres(url), openPostgres(url)]);
  try {
    const { count } = await engine.db
      .selectFrom('deliveries')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    assert.equal(count, 0);
  } finally {
    await engine.db.destroy();
    await other.db.destroy();
  }
});

test('each database is a new one', { skip }, async () => {
  assert.notEqual(await postgres.createDatabase(), await postgres.createDatabase());
});

test('the server and its data are gone when its tests are over', { skip }, async () => {
  const url = urlOfEndedProcess('');
  assert.equal(existsSync(directoryOf(url)), false);
  await eventually('the server has ended', () => refuses(url));
});

const onLinux = process.platform === 'linux' ? skip : 'only Linux can tie a process to another one';
test('the server is gone when its process is killed', { skip: onLinux }, async () => {
  const url = urlOfEndedProcess(`process.kill(process.pid, 'SIGKILL');`);
  await eventually('the server has ended', () => refuses(url));
  await rm(directoryOf(url), { recursive: true, maxRetries: 10 });
});

const directoryOf = (url: string): string => new URL(url).searchParams.get('host') ?? '';

function refuses(url: string): Promise<boolean> {
  return openPostgres(url).then(
    (engine) => engine.db.destroy().then(() => false),
    () => true,
  );
}

/** Runs a test process that makes a database and then does `atLast`. */
function urlOfEndedProcess(atLast: string): string {
  const program = `
    import { writeSync } from 'node:fs';
    import { test } from 'node:test';
    import { usePostgres } from ${JSON.stringify(new URL('postgres.ts', import.meta.url).href)};
    const postgres = usePostgres();
    test('a test', async () => {
      writeSync(2, await postgres.createDatabase());
      ${atLast}
    });`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.match(stderr, /^postgres:\/\/\S+$/);
  return stderr;
}
