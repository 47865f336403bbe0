import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel, Rule } from '@waybill/sdk';
import { AppError } from '../../src/kernel/errors.ts';
import type { MessageId, WorkspaceId } from '../../src/kernel/ids.ts';
import type { DeliveryNotification, NotifyStore, OutboxStore } from '../../src/notify/notify.ts';

const OURS = 1 as WorkspaceId;
const THEIRS = 2 as WorkspaceId;

export interface OpenNotifyStore {
  store: NotifyStore & OutboxStore;
  /** Writes a pending row, as the transaction that makes an event does. */
  enqueue(row: { id: string; channelId: string; at: number; workspaceId?: WorkspaceId }): Promise<void>;
  /** A row as it is stored. */
  outbox(
    id: string,
  ): Promise<
    | { state: string; attempts: number; next_attempt_at: number; payload: string; created_at: number }
    | undefined
  >;
}

export function notificationOf(
  workspaceId: WorkspaceId,
  trackingNumber = 'WB-7K3M-9QXD-2F4T',
): DeliveryNotification {
  return {
    trigger: 'first-open',
    workspaceId,
    messageId: '0'.repeat(32) as MessageId,
    trackingNumber,
    recipient: 'ann@example.org',
    subject: 'Offer',
    event: { at: 1_000, type: 'opened', actor: 'human', confidence: 0.95 },
    verdict: { state: 'read', confidence: 0.95, reasons: [], settled: true },
  };
}

export function channelOf(id: string, changes: Partial<Channel> = {}): Channel {
  return {
    id,
    name: `channel ${id}`,
    config: { kind: 'webhook', url: `https://example.org/${id}`, secret: 'whsec_secret' },
    createdAt: '2026-11-23T12:00:00.000Z',
    lastError: null,
    lastSentAt: null,
    ...changes,
  };
}

function ruleOf(id: string, channelIds: string[], changes: Partial<Rule> = {}): Rule {
  const createdAt = '2026-11-23T12:00:00.000Z';
  return { id, name: `rule ${id}`, trigger: 'first-open', channelIds, enabled: true, createdAt, ...changes };
}

export interface NotifyStoreContract {
  /** A fresh, empty store. */
  open(): Promise<OpenNotifyStore>;
  /** Why these tests cannot run here. */
  skip?: string | false;
}

type Behaviour = (name: string, body: (open: () => Promise<OpenNotifyStore>) => Promise<void>) => void;

/** What every NotifyStore and OutboxStore does. */
export function testNotifyStore(engine: string, contract: NotifyStoreContract): void {
  const it: Behaviour = (name, body) => {
    test(`${engine}: ${name}`, { skip: contract.skip ?? false }, () => body(() => contract.open()));
  };
  testChannels(it);
  testRules(it);
  testClaims(it);
  testOutcomes(it);
}

function testChannels(it: Behaviour): void {
  it('channels come back as they were, oldest first', async (open) => {
    const { store } = await open();
    const younger = channelOf('a', { createdAt: '2026-11-23T13:00:00.000Z' });
    await store.addChannel(OURS, younger);
    await store.addChannel(OURS, channelOf('b'));
    assert.deepEqual(await store.channels(OURS), [channelOf('b'), younger]);
    assert.deepEqual(await store.channel(OURS, 'a'), younger);
    assert.equal(await store.channel(OURS, 'c'), undefined);
  });

  it('a change touches only what it names; a new configuration forgets the old failure', async (open) => {
    const { store, enqueue } = await open();
    await store.addChannel(OURS, channelOf('a'));
    await enqueue({ id: 'n', channelId: 'a', at: 0 });
    const claimed = await store.claim({ now: 0, leaseUntil: 9, except: [] });
    assert.ok(claimed);
    await store.finish(claimed, { kind: 'retry', at: 5, error: 'refused' });
    assert.equal((await store.changeChannel(OURS, 'a', { name: 'new' }))?.lastError, 'refused');
    const config = { kind: 'email' as const, to: 'ann@example.org' };
    const changed = await store.changeChannel(OURS, 'a', { config });
    assert.deepEqual(changed, channelOf('a', { name: 'new', config }));
    assert.deepEqual(await store.changeChannel(OURS, 'a', {}), changed);
  });

  it('another workspace’s channels and rules can be neither seen, changed, removed nor used', async (open) => {
    const { store } = await open();
    await store.addChannel(THEIRS, channelOf('a'));
    await store.addRule(THEIRS, ruleOf('r', ['a']));
    assert.deepEqual(await store.channels(OURS), []);
    assert.equal(await store.channel(OURS, 'a'), undefined);
    assert.equal(await store.changeChannel(OURS, 'a', { name: 'mine' }), undefined);
    assert.equal(await store.removeChannel(OURS, 'a'), false);
    assert.deepEqual(await store.rules(OURS), []);
    assert.equal(await store.changeRule(OURS, 'r', { enabled: false }), undefined);
    assert.equal(await store.removeRule(OURS, 'r'), false);
    const foreign = (error: unknown): boolean =>
      error instanceof AppError &&
      error.code === 'invalid-input' &&
      error.fields[0]?.field === 'channelIds.0';
    await assert.rejects(store.addRule(OURS, ruleOf('s', ['a'])), foreign);
    await store.addRule(OURS, ruleOf('t', []));
    await assert.rejects(store.changeRule(OURS, 't', { channelIds: ['a'] }), foreign);
    assert.deepEqual(await store.rules(THEIRS), [ruleOf('r', ['a'])]);
    assert.deepEqual(await store.channels(THEIRS), [channelOf('a')]);
  });

  it('a removed channel leaves the rules, and what waited for it is dropped', async (open) => {
    const { store, enqueue, outbox } = await open();
    await store.addChannel(OURS, channelOf('a'));
    await store.addChannel(OURS, channelOf('b'));
    await store.addRule(OURS, ruleOf('r', ['a', 'b']));
    await enqueue({ id: 'n', channelId: 'a', at: 0 });
    await enqueue({ id: 'm', channelId: 'b', at: 0 });
    assert.equal(await store.removeChannel(OURS, 'a'), true);
    assert.equal(await store.removeChannel(OURS, 'a'), false);
    assert.deepEqual((await store.rules(OURS))[0]?.channelIds, ['b']);
    assert.equal(await outbox('n'), undefined);
    assert.equal((await outbox('m'))?.state, 'pending');
  });
}

function testRules(it: Behaviour): void {
  it('rules are added, changed and removed', async (open) => {
    const { store } = await open();
    await store.addChannel(OURS, channelOf('a'));
    await store.addRule(OURS, ruleOf('r', ['a']));
    assert.deepEqual(await store.rules(OURS), [ruleOf('r', ['a'])]);
    const change = { name: 'clicks', trigger: 'click', channelIds: [], enabled: false } as const;
    const expected = ruleOf('r', [], { name: 'clicks', trigger: 'click', enabled: false });
    assert.deepEqual(await store.changeRule(OURS, 'r', change), expected);
    assert.deepEqual(await store.rules(OURS), [expected]);
    assert.equal(await store.changeRule(OURS, 'none', { enabled: true }), undefined);
    assert.equal(await store.removeRule(OURS, 'r'), true);
    assert.deepEqual(await store.rules(OURS), []);
  });

  it('a rule that names unknown channels is refused, and each of them is named', async (open) => {
    const { store } = await open();
    await store.addChannel(OURS, channelOf('a'));
    await assert.rejects(store.addRule(OURS, ruleOf('r', ['a', 'x', 'y'])), (error) => {
      assert.ok(error instanceof AppError);
      assert.deepEqual(
        error.fields.map(({ field }) => field),
        ['channelIds.1', 'channelIds.2'],
      );
      return true;
    });
    assert.deepEqual(await store.rules(OURS), []);
  });
}

function testClaims(it: Behaviour): void {
  it('the longest due is claimed first, with its channel; what is not due is not', async (open) => {
    const { store, enqueue } = await open();
    await store.addChannel(OURS, channelOf('a'));
    await enqueue({ id: 'late', channelId: 'a', at: 30 });
    await enqueue({ id: 'second', channelId: 'a', at: 20 });
    await enqueue({ id: 'first', channelId: 'a', at: 10 });
    const options = { now: 20, leaseUntil: 100, except: [] };
    const first = await store.claim(options);
    assert.deepEqual(first, {
      id: 'first',
      idempotencyKey: 'key:first',
      attempts: 1,
      notification: notificationOf(OURS),
      channel: { id: 'a', config: channelOf('a').config },
    });
    assert.equal((await store.claim(options))?.id, 'second');
    assert.equal(await store.claim(options), undefined);
  });

  it('a claim ends with its lease, so that the death of a process loses nothing', async (open) => {
    const { store, enqueue } = await open();
    await store.addChannel(OURS, channelOf('a'));
    await enqueue({ id: 'n', channelId: 'a', at: 0 });
    assert.ok(await store.claim({ now: 0, leaseUntil: 100, except: [] }));
    assert.equal(await store.claim({ now: 99, leaseUntil: 200, except: [] }), undefined);
    assert.equal((await store.claim({ now: 100, leaseUntil: 200, except: [] }))?.attempts, 2);
  });

  it('channels can be passed over', async (open) => {
    const { store, enqueue } = await open();
    for (const id of ['a', 'b', 'c']) {
      await store.addChannel(OURS, channelOf(id));
      await enqueue({ id: `n-${id}`, channelId: id, at: 0 });
    }
    assert.equal((await store.claim({ now: 0, leaseUntil: 9, except: ['a', 'b'] }))?.id, 'n-c');
    assert.equal(await store.claim({ now: 0, leaseUntil: 9, except: ['a', 'b'] }), undefined);
  });

  it('of many claims at once, no two get the same notification', async (open) => {
    const { store, enqueue } = await open();
    await store.addChannel(OURS, channelOf('a'));
    for (let index = 0; index < 20; index += 1) await enqueue({ id: `n${index}`, channelId: 'a', at: index });
    const claims = await Promise.all(
      Array.from({ length: 30 }, () => store.claim({ now: 50, leaseUntil: 100, except: [] })),
    );
    const ids = claims.flatMap((claim) => (claim === undefined ? [] : [claim.id]));
    assert.equal(new Set(ids).size, ids.length);
    // Claims that met at one row may come back empty-handed; nothing is lost by that.
    while ((await store.claim({ now: 50, leaseUntil: 100, except: [] })) !== undefined) ids.push('later');
    assert.equal(ids.length, 20);
  });

  it('a notification is never sent through another workspace’s channel', async (open) => {
    const { store, enqueue } = await open();
    await store.addChannel(THEIRS, channelOf('a'));
    await enqueue({ id: 'n', channelId: 'a', at: 0, workspaceId: OURS });
    assert.equal((await store.claim({ now: 0, leaseUntil: 9, except: [] }))?.channel, undefined);
  });
}

function testOutcomes(it: Behaviour): void {
  const claimOne = async ({ store, enqueue }: OpenNotifyStore) => {
    await store.addChannel(OURS, channelOf('a'));
    await enqueue({ id: 'n', channelId: 'a', at: 0 });
    const claimed = await store.claim({ now: 0, leaseUntil: 100, except: [] });
    assert.ok(claimed);
    return claimed;
  };

  it('sent: the channel says when, and the content is wiped', async (open) => {
    const opened = await open();
    await opened.store.finish(await claimOne(opened), { kind: 'sent', at: 7 });
    const row = await opened.outbox('n');
    assert.deepEqual([row?.state, row?.payload], ['sent', '{}']);
    const channel = await opened.store.channel(OURS, 'a');
    assert.deepEqual([channel?.lastError, channel?.lastSentAt], [null, '1970-01-01T00:00:00.007Z']);
    assert.equal(await opened.store.claim({ now: 1000, leaseUntil: 2000, except: [] }), undefined);
  });

  it('retry: due again later, and the channel says why; success clears that', async (open) => {
    const opened = await open();
    await opened.store.finish(await claimOne(opened), { kind: 'retry', at: 50, error: 'refused' });
    assert.equal((await opened.store.channel(OURS, 'a'))?.lastError, 'refused');
    assert.equal(await opened.store.claim({ now: 49, leaseUntil: 100, except: [] }), undefined);
    const again = await opened.store.claim({ now: 50, leaseUntil: 100, except: [] });
    assert.ok(again);
    assert.deepEqual([again.attempts, again.idempotencyKey], [2, 'key:n']);
    await opened.store.finish(again, { kind: 'sent', at: 51 });
    assert.equal((await opened.store.channel(OURS, 'a'))?.lastError, null);
  });

  it('failed: never again, and the channel says why', async (open) => {
    const opened = await open();
    await opened.store.finish(await claimOne(opened), { kind: 'failed', error: 'gone' });
    const row = await opened.outbox('n');
    assert.deepEqual([row?.state, row?.payload], ['failed', '{}']);
    assert.equal((await opened.store.channel(OURS, 'a'))?.lastError, 'gone');
    assert.equal(await opened.store.claim({ now: 1000, leaseUntil: 2000, except: [] }), undefined);
  });

  it('released: due at once, and it was no attempt', async (open) => {
    const opened = await open();
    await opened.store.finish(await claimOne(opened), { kind: 'released', at: 3 });
    const row = await opened.outbox('n');
    assert.deepEqual([row?.state, row?.attempts, row?.next_attempt_at], ['pending', 0, 3]);
    assert.equal((await opened.store.channel(OURS, 'a'))?.lastError, null);
  });

  it('who lost the claim cannot turn the new holder’s success into a failure', async (open) => {
    const opened = await open();
    const old = await claimOne(opened);
    const current = await opened.store.claim({ now: 100, leaseUntil: 200, except: [] });
    assert.ok(current);
    await opened.store.finish(old, { kind: 'failed', error: 'too late' });
    assert.equal((await opened.outbox('n'))?.state, 'pending');
    await opened.store.finish(current, { kind: 'sent', at: 150 });
    await opened.store.finish(old, { kind: 'retry', at: 160, error: 'too late' });
    assert.equal((await opened.outbox('n'))?.state, 'sent');
    assert.equal((await opened.store.channel(OURS, 'a'))?.lastError, null);
  });

  it('finished notifications are forgotten by age, pending ones never', async (open) => {
    const opened = await open();
    await opened.store.finish(await claimOne(opened), { kind: 'sent', at: 50 });
    const row = await opened.outbox('n');
    assert.equal(row?.state, 'sent');
    assert.equal(await opened.store.forgetFinished(row.created_at, 10), 0);
    assert.equal(await opened.store.forgetFinished(row.created_at + 1, 10), 1);
    assert.equal(await opened.outbox('n'), undefined);
    const other = await open();
    await claimOne(other);
    assert.equal(await other.store.forgetFinished(Number.MAX_SAFE_INTEGER, 10), 0);
  });
}
