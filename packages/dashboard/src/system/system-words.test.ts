import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueSummary, SystemState, WatchedMailbox } from '@waybill/sdk';
import { alertsOf, catchUpWords, isCatchingUp, lagWords, sizeWords } from './system-words.ts';

const system: SystemState = {
  startedAt: '2026-11-26T12:00:00.000Z',
  edge: {
    isUp: true,
    lastHeardAt: null,
    hits: 0,
    forged: 0,
    silenced: 0,
    unrecorded: 0,
    lastUnrecordedAt: null,
    repeated: 0,
    rejected: 0,
    refusedConnections: 0,
    durableWithinMs: null,
  },
  hits: { processed: 0, failures: 0, perSecond: null, lagSeconds: null, backlog: null },
  wayOut: { kind: 'demo' },
  disk: null,
  troubles: [{ code: 'disk-low', text: 'Only 200 MB are free where the data is.' }],
};
const now = new Date('2026-11-26T13:00:00.000Z');
const queue: QueueSummary = {
  waiting: 3,
  sending: 0,
  settled: 0,
  failed: 0,
  byDestination: [{ destination: 'example.net', waiting: 3, oldest: '2026-11-26T12:00:00.000Z' }],
  byReason: [{ reason: 'There was no answer.', waiting: 2 }],
  smarthost: { state: 'up', since: null, reason: null, nextTryAt: null },
};
const mailbox: WatchedMailbox = {
  number: 2,
  address: 'ann@example.org',
  host: 'imap.example.org',
  folders: [
    {
      name: 'INBOX',
      state: 'trouble',
      trouble: { kind: 'sign-in', text: 'imap.example.org does not accept the password.' },
      lastLookAt: null,
      looked: 0,
      skipped: 0,
      reports: 0,
    },
  ],
  sent: null,
};

test('alerts come from everywhere, what is worst for the readers first, and lead to where one can help', () => {
  assert.deepEqual(
    alertsOf({ system, queue, mailboxes: [mailbox], now }).map(({ code, to }) => [code, to]),
    [
      ['disk-low', '/settings/system'],
      ['queue-waits', '/settings/queue'],
      ['mailbox-2-sign-in', '/settings/mailboxes'],
    ],
  );
});

test('nothing known and nothing wrong are silent, and mail that waits for its turn or was put off a moment ago is nothing wrong', () => {
  assert.deepEqual(alertsOf({ now }), []);
  assert.deepEqual(alertsOf({ queue, now: new Date('2026-11-26T12:10:00.000Z') }), []);
  assert.deepEqual(
    alertsOf({ system: { ...system, troubles: [] }, queue: { ...queue, byReason: [] }, mailboxes: [], now }),
    [],
  );
});

test('a mail server that takes no mail is told in place of the copies that wait for it', () => {
  const smarthost = {
    state: 'down',
    since: now.toISOString(),
    reason: 'no answer',
    nextTryAt: null,
  } as const;
  assert.deepEqual(
    alertsOf({ queue: { ...queue, smarthost }, now }).map(({ code }) => code),
    ['smarthost-down'],
  );
});

test('sizes and delays are told in few figures', () => {
  assert.equal(sizeWords(23_412_345_678), '23.4 GB');
  assert.equal(sizeWords(812_000_000), '812 MB');
  assert.equal(sizeWords(1_500), '1.5 kB');
  assert.equal(lagWords(0.4), 'less than 2 s');
  assert.equal(lagWords(600), '10 min');
  assert.equal(lagWords(3 * 3_600 + 60), '3 h');
});

test('a few hits that are just coming in are nothing to catch up with; many, or a long wait, are', () => {
  const hits = (backlog: number | null, lagSeconds: number | null) =>
    isCatchingUp({ ...system.hits, backlog, lagSeconds });
  assert.deepEqual(
    [hits(null, 90), hits(0, 90), hits(1_500, 0.3), hits(5_000, 0.3), hits(3, 12)],
    [false, false, false, true, true],
  );
});

test('what waits is told with its pace and an end, and that nothing moves when nothing does', () => {
  const words = (backlog: number, perSecond: number | null) =>
    catchUpWords({ ...system.hits, backlog, perSecond });
  assert.deepEqual(words(212_450, 9_312.4), {
    amount: '212,450 openings and clicks wait',
    pace: '9,312 a second, about 23 s more. All of them are safe on the disk.',
  });
  assert.match(words(5_000_000, 800).pace, /about 2 h more/);
  assert.match(words(1, 0).pace, /^None is put there at the moment/);
  assert.equal(words(1, null).amount, 'One opening or click waits');
});
