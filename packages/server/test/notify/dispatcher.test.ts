import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { silentLogger } from '../../src/kernel/logger.ts';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import {
  AddressPolicy,
  createSenders,
  Dispatcher,
  OutboundHttp,
  type DispatcherOptions,
  type OwnMail,
  type Senders,
} from '../../src/notify/notify.ts';
import { openSqlite } from '../../src/storage/engine.ts';
import { channelOf, type OpenNotifyStore } from '../contract/notify-store.ts';
import { openNotifyStore } from '../support/notify-database.ts';
import { receiver } from '../support/receivers.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const WORKSPACE = 1 as WorkspaceId;
const directory = await temporaryDirectory();
const engine = await openSqlite(join(directory.path, 'waybill.db'));
after(async () => {
  await engine.db.destroy();
  await directory[Symbol.asyncDispose]();
});

const noMail: OwnMail = { send: () => Promise.reject(new Error('no mail here')) };

function sendersWith(ownMail: OwnMail = noMail): Senders {
  const http = new OutboundHttp(new AddressPolicy(['127.0.0.0/8']), { timeoutMs: 15_000 });
  return createSenders({ ownMail, http, clock: Date.now });
}

interface Bench extends OpenNotifyStore {
  /** Hours pass; the dispatcher's clock is the test's. */
  time: { now: number };
  start(options?: Partial<DispatcherOptions>, senders?: Senders): Dispatcher;
  addWebhook(id: string, url: string): Promise<void>;
}

async function bench(t: TestContext): Promise<Bench> {
  const opened = await openNotifyStore(engine);
  const time = { now: 1_000_000 };
  return {
    ...opened,
    time,
    start: (options = {}, senders = sendersWith()) => {
      const dispatcher = new Dispatcher(
        {
          store: opened.store,
          senders,
          dashboardUrl: () => 'https://w.example.org',
          clock: () => time.now,
          random: () => 0.5,
          logger: silentLogger,
        },
        { pollMs: 10, ...options },
      );
      dispatcher.start();
      t.after(() => dispatcher.stop());
      return dispatcher;
    },
    addWebhook: (id, url) =>
      opened.store.addChannel(WORKSPACE, channelOf(id, { config: { kind: 'webhook', url } })),
  };
}

/** Takes requests and never answers. */
async function hanging(t: TestContext): Promise<{ url: string; requests(): number }> {
  let count = 0;
  const server = createServer(() => (count += 1)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests: () => count };
}

const state = (opened: OpenNotifyStore, id: string, wanted: string) =>
  eventually(`${id} is ${wanted}`, async () => (await opened.outbox(id))?.state === wanted);

test('what is due is sent once, without waiting for the poll when woken', async (t) => {
  const b = await bench(t);
  const hook = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => hook.close());
  await b.addWebhook('a', hook.url);
  const dispatcher = b.start({ pollMs: 60_000 });
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  dispatcher.wake();
  await state(b, 'n', 'sent');
  assert.equal(hook.requests.length, 1);
  assert.deepEqual(dispatcher.metrics(), { sent: 1, retried: 0, failed: 0 });
  assert.match((await b.store.channel(WORKSPACE, 'a'))?.lastSentAt ?? '', /^1970-01-01T00:16:40/);
});

test('a failed one is tried again with the same opaque key, later each time, until it is taken', async (t) => {
  const b = await bench(t);
  const hook = await receiver(() => ({ status: hook.requests.length < 4 ? 503 : 200, body: {} }));
  t.after(() => hook.close());
  await b.addWebhook('a', hook.url);
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  b.start();
  const delays: number[] = [];
  for (let attempt = 1; attempt < 4; attempt += 1) {
    // A claim pushes the row a minute ahead; a noted failure brings it nearer again.
    await eventually(`attempt ${attempt} is noted`, async () => {
      const waitMs = ((await b.outbox('n'))?.next_attempt_at ?? 0) - b.time.now;
      return hook.requests.length === attempt && waitMs > 0 && waitMs < 60_000;
    });
    const due = (await b.outbox('n'))?.next_attempt_at ?? 0;
    delays.push(due - b.time.now);
    b.time.now = due;
  }
  await state(b, 'n', 'sent');
  assert.deepEqual(delays, [5_000, 10_000, 20_000]);
  const keys = new Set(hook.requests.map(({ headers }) => headers['webhook-id']));
  assert.equal(keys.size, 1);
  assert.match(String([...keys][0]), /^msg_[\w-]{27}$/);
  assert.equal((await b.store.channel(WORKSPACE, 'a'))?.lastError, null);
});

test('after the last attempt it is given up, and the channel says why', async (t) => {
  const b = await bench(t);
  const hook = await receiver(() => ({ status: 500, body: {} }));
  t.after(() => hook.close());
  await b.addWebhook('a', hook.url);
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  b.start({ maxAttempts: 2, firstDelayMs: 1, firstPauseMs: 1 });
  await eventually('the first attempt', async () => hook.requests.length === 1);
  await eventually('the end', async () => {
    b.time.now += 1_000;
    return (await b.outbox('n'))?.state === 'failed';
  });
  assert.equal(hook.requests.length, 2);
  assert.equal(
    (await b.store.channel(WORKSPACE, 'a'))?.lastError,
    'Given up after 2 attempts. The receiver answered 500.',
  );
});

test('the delays add up to about a day', () => {
  const hours =
    Array.from({ length: 22 }, (_, index) => Math.min(5 * 2 ** index, 7_200)).reduce((a, b) => a + b) / 3600;
  assert.ok(hours > 20 && hours < 28, `${hours} h`);
});

test('a permanent failure is not tried again', async (t) => {
  const b = await bench(t);
  const hook = await receiver(() => ({ status: 410, body: {} }));
  t.after(() => hook.close());
  await b.addWebhook('a', hook.url);
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  b.start();
  await state(b, 'n', 'failed');
  assert.equal(hook.requests.length, 1);
});

test('channels that hang or fail hold up no other', async (t) => {
  const b = await bench(t);
  const hung = await hanging(t);
  const broken = await receiver(() => ({ status: 500, body: {} }));
  const good = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => broken.close());
  t.after(() => good.close());
  await b.addWebhook('hung', hung.url);
  await b.addWebhook('broken', broken.url);
  await b.addWebhook('good', good.url);
  for (let index = 0; index < 30; index += 1) {
    await b.enqueue({ id: `h${index}`, channelId: 'hung', at: b.time.now - 100 });
    await b.enqueue({ id: `b${index}`, channelId: 'broken', at: b.time.now - 100 });
  }
  for (let index = 0; index < 10; index += 1)
    await b.enqueue({ id: `g${index}`, channelId: 'good', at: b.time.now });
  b.start({ concurrency: 4, perChannel: 2, drainMs: 50 });
  await eventually('all good ones are out', async () => good.requests.length === 10);
  assert.equal(hung.requests(), 2, 'the hanging channel got its two slots');
  assert.ok(broken.requests.length <= 2, 'the broken channel rests after its failure');
});

test('what a killed process had claimed is sent by the next one, with the same key', async (t) => {
  const b = await bench(t);
  const hook = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => hook.close());
  await b.addWebhook('a', hook.url);
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  // The first process dies after its claim: nothing ever finishes it.
  assert.ok(await b.store.claim({ now: b.time.now, leaseUntil: b.time.now + 60_000, except: [] }));
  b.start();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(hook.requests.length, 0);
  b.time.now += 60_000;
  await state(b, 'n', 'sent');
});

test('stop breaks off what hangs, in time, and it is due again at once', async (t) => {
  const b = await bench(t);
  const hung = await hanging(t);
  await b.addWebhook('a', hung.url);
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  const dispatcher = b.start({ drainMs: 100 });
  await eventually('the attempt', async () => hung.requests() === 1);
  const before = Date.now();
  await dispatcher.stop();
  assert.ok(Date.now() - before < 5_000);
  const row = await b.outbox('n');
  assert.deepEqual([row?.state, row?.attempts, row?.next_attempt_at], ['pending', 0, b.time.now]);
  assert.equal((await b.store.channel(WORKSPACE, 'a'))?.lastError, null);
});

test('stop lets an attempt that is nearly done finish', async (t) => {
  const b = await bench(t);
  const accepted: string[] = [];
  const slow: OwnMail = {
    send: async ({ idempotencyKey }) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      accepted.push(idempotencyKey);
    },
  };
  await b.store.addChannel(WORKSPACE, channelOf('a', { config: { kind: 'email', to: 'ann@example.org' } }));
  await b.enqueue({ id: 'n', channelId: 'a', at: b.time.now });
  const dispatcher = b.start({}, sendersWith(slow));
  await eventually('claimed', async () => (await b.outbox('n'))?.attempts === 1);
  await dispatcher.stop();
  assert.equal(accepted.length, 1);
  assert.equal((await b.outbox('n'))?.state, 'sent');
});

test('a channel that was removed meanwhile ends its notifications', async (t) => {
  const b = await bench(t);
  await b.enqueue({ id: 'n', channelId: 'never-there', at: b.time.now });
  b.start();
  await state(b, 'n', 'failed');
});

test('mails go out with the full text, e-mail-to-SMS with the short one', async (t) => {
  const b = await bench(t);
  const mails: Parameters<OwnMail['send']>[0][] = [];
  const ownMail: OwnMail = { send: async (mail) => void mails.push(mail) };
  await b.store.addChannel(WORKSPACE, channelOf('mail', { config: { kind: 'email', to: 'me@example.org' } }));
  await b.store.addChannel(
    WORKSPACE,
    channelOf('sms', { config: { kind: 'sms-mail', to: '49151@sms.example.org' } }),
  );
  await b.enqueue({ id: 'n', channelId: 'mail', at: b.time.now });
  await b.enqueue({ id: 'm', channelId: 'sms', at: b.time.now });
  b.start({}, sendersWith(ownMail));
  await state(b, 'n', 'sent');
  await state(b, 'm', 'sent');
  const [mail, sms] = ['me@example.org', '49151@sms.example.org'].map((to) =>
    mails.find((each) => each.to === to),
  );
  assert.equal(mail?.subject, 'ann@example.org read "Offer"');
  assert.match(mail?.text ?? '', /https:\/\/w\.example\.org\/deliveries\/WB-7K3M-9QXD-2F4T/);
  assert.equal(sms?.text, 'ann@example.org read "Offer", 1 Jan 00:00 UTC. WB-7K3M-9QXD-2F4T\n');
  assert.notEqual(mail?.idempotencyKey, sms?.idempotencyKey);
});
