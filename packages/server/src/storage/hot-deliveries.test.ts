import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { DeliveryId } from '../kernel/ids.ts';
import type { StoredHit, TimelineWork } from '../messages/messages.ts';
import { restOf } from '../messages/past.ts';
import { deliveryRecord } from '../../test/support/delivery-record.ts';
import { CHROME, homeLookup } from '../../test/support/home-reader.ts';
import { HotDeliveries } from './hot-deliveries.ts';
import type { SeenDelivery } from './seen-delivery.ts';

/** Room for a hundred deliveries or so, as they are here. */
const SMALL = 2 ** 21 * 1.6;

const idOf = (n: number) => n.toString(16).padStart(32, '0') as DeliveryId;

function delivery(n: number): SeenDelivery {
  return { ...deliveryRecord({ id: idOf(n) }), version: 3 };
}

const HOME = '91.10.10.10';

function hit(seq: number, changes: Partial<StoredHit>): StoredHit {
  return {
    epoch: 'e',
    seq,
    at: seq,
    kind: 'open',
    method: 'GET',
    ip: HOME,
    headers: { 'user-agent': CHROME },
    mode: 'full',
    ...changes,
  };
}

/** One more hit on each, so many milliseconds after the beginning. */
function batch(
  hot: HotDeliveries,
  deliveries: readonly SeenDelivery[],
  seq: number,
  changes: Partial<StoredHit> = {},
): void {
  const known = hot.known(
    deliveries.map(({ id }) => id),
    new Map(),
    performance.now(),
  ).deliveries;
  const seen = new Map(deliveries.map((read) => [read.id, known.get(read.id) ?? read]));
  const came = new Map(deliveries.map(({ id }) => [id, hit(seq, changes)]));
  const work: TimelineWork = {
    hits: deliveries.map(({ id, workspaceId, messageId }) => ({
      deliveryId: id,
      workspaceId,
      messageId,
      hit: came.get(id) ?? hit(seq, changes),
    })),
    newEvents: [],
    changedEvents: [],
    confirmedEvents: [],
    deliveries: deliveries.map(({ id, messageId, transport, verdict, sentAt, objectedAt }) => ({
      ...{ id, messageId, transport, verdict, sentAt, objectedAt },
      settleAt: null,
      settlesPlainly: true,
      lastSignAt: seq,
      ...restOfSeen(seen.get(id), came.get(id)),
    })),
    outbox: [],
    cursors: new Map(),
  };
  hot.keep({ deliveries: seen, earlierHits: new Map() }, work);
}

function restOfSeen(seen: SeenDelivery | undefined, came: StoredHit | undefined) {
  if (seen === undefined || came === undefined) return {};
  const rest = restOf({ ...seen, hits: [...seen.hits, came] }, homeLookup);
  return rest === undefined ? {} : { rest };
}

const knownOf = (hot: HotDeliveries, n: number): SeenDelivery | undefined =>
  hot.known([idOf(n)], new Map(), performance.now()).deliveries.get(idOf(n));

test('a delivery is known as the last batch left it', () => {
  const hot = new HotDeliveries(SMALL);
  batch(hot, [delivery(1)], 1);
  batch(hot, [delivery(1)], 2);
  const known = knownOf(hot, 1);
  assert.equal(known?.version, 5);
  assert.deepEqual(
    known.hits.map(({ seq }) => seq),
    [1, 2],
  );
});

test('of more deliveries than there is room for, hit in turn, many are still known when it is their turn again', () => {
  const hot = new HotDeliveries(SMALL);
  let known = 0;
  const rounds = 12;
  for (let seq = 1; seq <= rounds; seq += 1) {
    for (let n = 0; n < 100; n += 1) {
      known += knownOf(hot, n) === undefined ? 0 : 1;
      batch(hot, [delivery(n)], seq);
    }
  }
  assert.ok(known > 100, `${known} of ${rounds * 100}`);
  assert.ok(known < (rounds - 1) * 100, 'there is not room for all');
});

test('what is known beyond a delivery is read again in time, and then holds as long as at first', (t: TestContext) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const hot = new HotDeliveries(SMALL);
  batch(hot, [delivery(1)], 1);
  batch(hot, [delivery(2)], 1);
  assert.ok(knownOf(hot, 1));
  now = 61_000;
  assert.equal(knownOf(hot, 1), undefined, 'too old');
  batch(hot, [delivery(1)], 2);
  batch(hot, [delivery(2)], 2);
  now += 29_000;
  assert.ok(knownOf(hot, 1), 'read again a moment ago');
});

test('what did not come true is forgotten', () => {
  const hot = new HotDeliveries(SMALL);
  batch(hot, [delivery(1)], 1);
  const { generation } = hot;
  hot.clear();
  assert.equal(knownOf(hot, 1), undefined);
  assert.notEqual(hot.generation, generation);
});

test('of many calm hits few stay in memory, and only where nothing else is looked at', () => {
  const hot = new HotDeliveries(SMALL);
  const id = idOf(1);
  for (let n = 1; n <= 20; n += 1) batch(hot, [delivery(1)], n * 10_000);
  const known = knownOf(hot, 1);
  assert.ok(known !== undefined && known.hits.length <= 12, `${known?.hits.length}`);
  assert.equal(known.hits.at(-1)?.seq, 200_000, 'the newest');
  assert.deepEqual(known.past?.openings, [{ time: 10, client: 'Chrome', ip: HOME }]);
  const isKnownFor = (...hits: StoredHit[]) =>
    hot.known([id], new Map([[id, hits]]), performance.now()).deliveries.has(id);
  assert.ok(isKnownFor(hit(210_000, { kind: 'click', linkIndex: 1 })));
  assert.ok(!isKnownFor(hit(210_000, { method: 'HEAD' })), 'judged with all of them');
  assert.ok(!isKnownFor(hit(150_000, {})), 'from before what is at hand');
  assert.equal(hot.versionOf(id), 23);
});

test('of what may be the same request again all stay', () => {
  const hot = new HotDeliveries(SMALL);
  for (let n = 1; n <= 40; n += 1) batch(hot, [delivery(1)], n * 1_000);
  const times = knownOf(hot, 1)?.hits.map(({ at }) => at) ?? [];
  assert.ok(times.includes(39_000) && !times.includes(1_000), times.join());
});

test('what a scanner asked for stays', () => {
  const hot = new HotDeliveries(SMALL);
  for (let n = 1; n <= 20; n += 1)
    batch(hot, [delivery(1)], n * 10_000, { method: n === 1 ? 'HEAD' : 'GET' });
  assert.equal(knownOf(hot, 1)?.hits.length, 20);
});
