import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../../src/kernel/errors.ts';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import {
  AddressPolicy,
  createSenders,
  defaultsFor,
  NotifySettings,
  OutboundHttp,
} from '../../src/notify/notify.ts';
import { openSqlite } from '../../src/storage/engine.ts';
import { insertDefaults } from '../../src/storage/notify-store.ts';
import { openNotifyStore } from '../support/notify-database.ts';
import { receiver } from '../support/receivers.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const OURS = 1 as WorkspaceId;
const THEIRS = 2 as WorkspaceId;
const directory = await temporaryDirectory();
const engine = await openSqlite(join(directory.path, 'waybill.db'));
after(async () => {
  await engine.db.destroy();
  await directory[Symbol.asyncDispose]();
});

async function settings(): Promise<NotifySettings> {
  const { store } = await openNotifyStore(engine);
  const policy = new AddressPolicy(['127.0.0.0/8']);
  const ownMail = { send: () => Promise.reject(new Error('no mail here')) };
  const senders = createSenders({ ownMail, http: new OutboundHttp(policy), clock: Date.now });
  return new NotifySettings({
    store,
    policy,
    senders,
    dashboardUrl: () => 'https://w.example.org',
    clock: Date.now,
  });
}

const isNotFound = (error: unknown): boolean => error instanceof AppError && error.code === 'not-found';

test('a webhook’s secret is shown at its creation and never again', async () => {
  const notify = await settings();
  const created = await notify.createChannel(OURS, {
    name: 'hook',
    config: { kind: 'webhook', url: 'http://127.0.0.1:9999/' },
  });
  assert.ok(created.config.kind === 'webhook');
  const secret = created.config.secret ?? '';
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const seen = JSON.stringify([
    await notify.channels(OURS),
    await notify.changeChannel(OURS, created.id, { name: 'x' }),
  ]);
  assert.ok(!seen.includes(secret) && seen.includes('whsec_'));
});

test('a change with the masked secret keeps the old one in force', async (t) => {
  const notify = await settings();
  const hook = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => hook.close());
  const created = await notify.createChannel(OURS, {
    name: 'hook',
    config: { kind: 'webhook', url: hook.url },
  });
  assert.ok(created.config.kind === 'webhook');
  const [shown] = await notify.channels(OURS);
  assert.ok(shown?.config.kind === 'webhook');
  await notify.changeChannel(OURS, created.id, { config: { ...shown.config, url: `${hook.url}/moved` } });
  assert.deepEqual(await notify.testChannel(OURS, created.id), {
    delivered: true,
    detail: 'The receiver answered 200.',
  });
  const [request] = hook.requests;
  assert.equal(request?.path, '/moved');
  const verifier = new Webhook(created.config.secret ?? '');
  const payload = verifier.verify(request.body, request.headers as Record<string, string>) as {
    type: string;
  };
  assert.equal(payload.type, 'waybill.test');
});

test('a test that fails says why', async () => {
  const notify = await settings();
  const { id } = await notify.createChannel(OURS, {
    name: 'mail',
    config: { kind: 'email', to: 'ann@example.org' },
  });
  assert.deepEqual(await notify.testChannel(OURS, id), {
    delivered: false,
    detail: 'The mail could not be queued.',
  });
});

test('what another workspace has does not exist', async () => {
  const notify = await settings();
  const { id } = await notify.createChannel(THEIRS, {
    name: 'mail',
    config: { kind: 'email', to: 'a@example.org' },
  });
  const rule = await notify.createRule(THEIRS, {
    name: 'r',
    trigger: 'click',
    channelIds: [id],
    enabled: true,
  });
  await assert.rejects(notify.testChannel(OURS, id), isNotFound);
  await assert.rejects(notify.changeChannel(OURS, id, { name: 'mine' }), isNotFound);
  await assert.rejects(notify.removeChannel(OURS, id), isNotFound);
  await assert.rejects(notify.changeRule(OURS, rule.id, { enabled: false }), isNotFound);
  await assert.rejects(notify.removeRule(OURS, rule.id), isNotFound);
});

test('a new workspace begins with a mail at the first opening by a person', async () => {
  const notify = await settings();
  const defaults = defaultsFor('ann@example.org', Date.now);
  await engine.db.transaction().execute((tx) => insertDefaults(tx, OURS, defaults));
  const [channel] = await notify.channels(OURS);
  assert.deepEqual(channel?.config, { kind: 'email', to: 'ann@example.org' });
  const rules = await notify.rules(OURS);
  assert.deepEqual(
    rules.map(({ trigger, channelIds, enabled }) => ({ trigger, channelIds, enabled })),
    [{ trigger: 'first-open', channelIds: [channel?.id], enabled: true }],
  );
});
