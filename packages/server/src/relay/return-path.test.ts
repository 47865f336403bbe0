import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import { Keyring, verifyReturnAddress, verifyReturnToken } from '../tracking/tracking.ts';
import { NO_RETURN_PATHS, returnPathOf, type OutgoingCopy, type ReturnPathSettings } from './return-path.ts';

const keyring = new Keyring(new Map([[1, Buffer.alloc(32, 1)]]));
const WORKSPACE = 5 as WorkspaceId;
const DELIVERY = '0123456789abcdef0123456789abcdef' as DeliveryId;
const VERP: ReturnPathSettings = { ...NO_RETURN_PATHS, verpDomain: 'bounces.example.org' };

const copyOf = (from: string, changes: Partial<OutgoingCopy> = {}): OutgoingCopy => ({
  workspaceId: WORKSPACE,
  deliveryId: DELIVERY,
  envelope: { from, recipients: [] },
  recipient: { address: 'ben@reader.example' },
  mayChange: true,
  mode: 'full',
  author: 'ada@example.org',
  receipts: undefined,
  asksForReceipt: false,
  ...changes,
});
const pathOf = (copy: OutgoingCopy, settings: ReturnPathSettings = VERP) =>
  returnPathOf(copy, { keyring, settings });

test('senders of the operator’s own domains get a return path that names the delivery, others keep theirs', () => {
  const settings = { ...VERP, verpSenderDomains: ['other.example'] };
  for (const [from, isOurs] of [
    ['ada@example.org', true],
    ['ada@EXAMPLE.ORG', true],
    ['ada@sub.bounces.example.org', true],
    ['ada@other.example', true],
    ['ada@shop.example.org', false],
    ['ada@stranger.example', false],
    ['ada@org', false],
    ['ada@notexample.org', false],
    // It is one already.
    ['wb+x@bounces.example.org', false],
  ] as const) {
    const path = pathOf(copyOf(from), settings);
    const claims = verifyReturnAddress(keyring, path.from);
    if (isOurs) {
      assert.deepEqual(claims, { workspaceId: WORKSPACE, subject: DELIVERY }, from);
      assert.equal(path.entry?.envelopeFrom, from);
    } else {
      assert.equal(path.from, from);
      assert.equal(path.entry, undefined);
    }
  }
});

test('a mail without a sender gets no return path, no envelope id and is asked for nothing', () => {
  const receipts = { delivery: true, reading: true };
  assert.deepEqual(pathOf(copyOf(''), { ...VERP, receipts }), { from: '', dsn: {} });
});

test('the sender’s own ENVID and NOTIFY stay, and are remembered for their bounces', () => {
  const path = pathOf(
    copyOf('ada@example.org', {
      envelope: { from: 'ada@example.org', recipients: [], dsn: { ret: 'HDRS', envid: 'mine-1' } },
      recipient: { address: 'ben@reader.example', dsn: { notify: ['FAILURE'], orcpt: 'rfc822;b@x' } },
    }),
  );
  assert.deepEqual(path.dsn, { ret: 'HDRS', envid: 'mine-1', notify: ['FAILURE'], orcpt: 'rfc822;b@x' });
  assert.deepEqual(path.entry, {
    deliveryId: DELIVERY,
    envelopeFrom: 'ada@example.org',
    envelopeId: 'mine-1',
    notify: 'FAILURE',
  });
});

test('without an ENVID of the sender’s each copy gets one that names it', () => {
  const { envid = '' } = pathOf(copyOf('ada@stranger.example')).dsn;
  assert.deepEqual(verifyReturnToken(keyring, envid), { workspaceId: WORKSPACE, subject: DELIVERY });
});

test('confirmations are asked for only when they are wanted, and never against the sender’s word', () => {
  const wanted = { ...VERP, receipts: { delivery: true, reading: false } };
  assert.equal(pathOf(copyOf('ada@example.org')).dsn.notify, undefined);
  const asked = pathOf(copyOf('ada@example.org'), wanted).dsn;
  assert.deepEqual(
    [asked.notify, asked.orcpt],
    [['SUCCESS', 'FAILURE', 'DELAY'], 'rfc822;ben@reader.example'],
  );
  const never = { address: 'ben@reader.example', dsn: { notify: ['NEVER'] } };
  assert.deepEqual(pathOf(copyOf('ada@example.org', { recipient: never }), wanted).dsn.notify, ['NEVER']);
  // These would go to a sender who asked for failures only.
  const failures = { address: 'ben@reader.example', dsn: { notify: ['FAILURE'] } };
  assert.deepEqual(pathOf(copyOf('ada@stranger.example', { recipient: failures }), wanted).dsn.notify, [
    'FAILURE',
  ]);
  const off = { delivery: false, reading: false };
  assert.equal(pathOf(copyOf('ada@example.org', { receipts: off }), wanted).dsn.notify, undefined);
});

test('a reader’s receipt is asked for to the return path, once, and where something is kept of it', () => {
  const wanted = { ...VERP, receipts: { delivery: false, reading: true } };
  const path = pathOf(copyOf('ada@example.org'), wanted);
  assert.equal(path.receiptTo, path.from);
  assert.equal(pathOf(copyOf('x@stranger.example'), wanted).receiptTo, 'ada@example.org');
  for (const changes of [
    { asksForReceipt: true },
    { mayChange: false },
    { mode: 'aggregate' as const },
    { mode: 'off' as const },
    { receipts: { delivery: true, reading: false } },
  ]) {
    assert.equal(pathOf(copyOf('ada@example.org', changes), wanted).receiptTo, undefined);
  }
});
