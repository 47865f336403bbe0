import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { SmarthostState } from '@waybill/sdk';
import '../support/utc.ts';
import { run } from '../../src/cli/queue.ts';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { startApi, type ApiServer } from '../support/api-server.ts';
import { capturedIo } from '../support/captured-io.ts';

interface Called {
  code: number;
  out: string;
  err: string;
}

interface Opened {
  server: ApiServer;
  call: (args: string[], stdin?: string) => Promise<Called>;
  states: () => Promise<Record<string, string>>;
}

/** A server with two copies that wait after an attempt, `x:0` to ann and `x:1` to bob. */
async function open(t: TestContext, smarthost?: SmarthostState): Promise<Opened> {
  const server = await startApi(t, smarthost === undefined ? {} : { smarthost });
  const queue = new KyselyQueueStore(server.engine);
  const { now } = server.clock;
  await queue.enqueueUntracked({
    workspaceId: server.tenant.workspaceId,
    id: 'x',
    raw: Buffer.from('From: Sam <sam@example.org>\r\nSubject: The \x1b[31moffer\r\n\r\nHello\r\n'),
    envelopeFrom: 'sam@example.org',
    recipients: ['ann@example.net', 'bob@example.com'].map((address) => ({
      address,
      options: {
        wayOut: 'smarthost',
        dsn: { notify: ['FAILURE'], envid: 'order 7' },
        copy: null,
        trackingNumber: null,
        from: 'Sam <sam@example.org>',
        subject: 'The offer',
      },
    })),
    createdAt: now - 7_200_000,
    expiresAt: now + 86_400_000,
  });
  for (const { id, attempts } of await queue.claim(now, { copies: 9, except: [] })) {
    const outcome = { retryAt: now + 60_000, error: 'The mail server wants it later: 451 4.7.1 busy' };
    await queue.settle([{ id, outcome }]);
    await queue.finish([{ id, attempts, outcome }], now);
  }
  return {
    server,
    call: async (args, stdin = '') => {
      const io = capturedIo({ url: server.url, apiKey: server.tenant.apiKey }, { now, stdin });
      const code = await run(args, io);
      return { code, out: io.out(), err: io.err() };
    },
    states: async () => {
      const rows = await server.engine.db.selectFrom('queue').select(['id', 'state']).orderBy('id').execute();
      return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
    },
  };
}

test('list says how much waits, where to, why, and shows each copy', async (t) => {
  const { call } = await open(t);
  const { code, out, err } = await call(['list']);
  assert.deepEqual([code, err], [0, '']);
  assert.equal(
    out,
    `2 waiting, 0 on their way, 0 failed
       1  to example.com, the oldest from 2 hours ago
       1  to example.net, the oldest from 2 hours ago
       2  The mail server wants it later: 451 4.7.1 busy

● bob@example.com  The offer
  x:1
  waiting, 1 attempt, next on 23 Nov 2026, 12:01:00, accepted 2 hours ago
  The mail server wants it later: 451 4.7.1 busy

● ann@example.net  The offer
  x:0
  waiting, 1 attempt, next on 23 Nov 2026, 12:01:00, accepted 2 hours ago
  The mail server wants it later: 451 4.7.1 busy
`,
  );
  assert.equal((await call([])).out, out);
});

test('list says first that the smarthost takes no mail', async (t) => {
  const { call } = await open(t, {
    state: 'down',
    since: '2026-11-23T10:00:00.000Z',
    reason: 'The mail server cannot be reached: connect ECONNREFUSED',
    nextTryAt: '2026-11-23T12:00:30.000Z',
  });
  const { out } = await call(['list']);
  assert.equal(
    out.split('\n')[1],
    'The smarthost takes no mail since 23 Nov 2026, 10:00:00: everything waits. The mail server cannot be reached: connect ECONNREFUSED. Next try on 23 Nov 2026, 12:00:30; "waybill queue retry --all" tries at once.',
  );
});

test('list narrows by state and address, and writes JSON lines', async (t) => {
  const { call } = await open(t);
  const { out } = await call(['list', '--to', 'ANN@', '--json']);
  assert.deepEqual((JSON.parse(out) as { id: string; recipient: string }).id, 'x:0');
  assert.equal((await call(['list', '--state', 'failed', '--json'])).out, '');
});

test('show tells the envelope and the header, without the control characters of a stranger', async (t) => {
  const { call } = await open(t);
  const { code, out } = await call(['show', 'x:0']);
  assert.equal(code, 0);
  assert.match(out, /from +sam@example\.org, by header Sam <sam@example\.org>/);
  assert.match(out, /asks for +NOTIFY=FAILURE ENVID=order 7/);
  assert.match(out, /given up +24 Nov 2026, 12:00:00/);
  assert.match(out, /^ {2}Subject: The \[31moffer$/m);
  const unknown = await call(['show', 'y:0']);
  assert.deepEqual([unknown.code, unknown.err], [1, 'waybill queue: There is no such copy in the queue.\n']);
});

test('retry makes copies due, one or all', async (t) => {
  const { call, server } = await open(t);
  const due = async (): Promise<string[]> => {
    const rows = await server.engine.db
      .selectFrom('queue')
      .select('id')
      .where('next_attempt_at', '<=', server.clock.now)
      .execute();
    return rows.map(({ id }) => id).sort();
  };
  assert.deepEqual(await due(), []);
  assert.equal((await call(['retry', 'x:1'])).out, 'x:1 is tried now.\n');
  assert.deepEqual(await due(), ['x:1']);
  assert.equal((await call(['retry', '--all', '--to', 'ann'])).out, '1 copy is tried now.\n');
  assert.equal((await call(['retry', '--all'])).out, '2 copies are tried now.\n');
  assert.deepEqual(await due(), ['x:0', 'x:1']);
});

test('drop asks first, and only a yes is a yes', async (t) => {
  const { call, states } = await open(t);
  for (const answer of ['', 'n\n', 'nonsense\n']) {
    const { code, out, err } = await call(['drop', 'x:0'], answer);
    assert.equal(code, 1);
    assert.match(out, /"The offer" from sam@example\.org to ann@example\.net\nDrop 1 copy\?/);
    assert.match(err, /nothing was dropped/);
  }
  assert.deepEqual(await states(), { 'x:0': 'ready', 'x:1': 'ready' });
  assert.equal((await call(['drop', 'x:0'], 'y\n')).code, 0);
  assert.equal((await call(['drop', 'x:1', '--yes', '--notify'])).out, 'x:1 is dropped.\n');
  assert.deepEqual(await states(), { 'x:0': 'settled', 'x:1': 'settled' });
  const again = await call(['drop', 'x:1', '--yes']);
  assert.deepEqual([again.code, /on its way just now/.test(again.err)], [1, true]);
});

test('a wrong call says what is wrong and touches nothing', async (t) => {
  const { call, states } = await open(t);
  for (const args of [
    ['send'],
    ['show'],
    ['retry'],
    ['drop'],
    ['list', 'x:0'],
    ['list', '--state', 'x'],
    ['retry', '--all', 'x:0'],
  ]) {
    const { code, err } = await call(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, /^waybill queue: /);
  }
  assert.deepEqual(await states(), { 'x:0': 'ready', 'x:1': 'ready' });
});
