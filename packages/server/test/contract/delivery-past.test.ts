import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { StoredPrivacy } from '../../src/storage/privacy-store.ts';
import { openSqlite } from '../../src/storage/engine.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { deliveryOf, eventsOf, nextHit, openWithMail, START, WORKSPACE } from './timeline-bench.ts';

/** What is written of a delivery's older hits holds an address of theirs: it goes when that goes, and whenever it may be wrong. */

async function withPast(t: TestContext) {
  const directory = await temporaryDirectory();
  const bench = await openWithMail(t, () => openSqlite(join(directory.path, 'waybill.db')), {
    sentAt: START,
  });
  t.after(() => directory[Symbol.asyncDispose]());
  const { engine, timeline, first } = bench;
  for (let n = 0; n < 10; n += 1) {
    bench.setNow(START + 60_000 + n * 10_000);
    await timeline.recordHits([nextHit(first.id, { at: START + 50_000 + n * 10_000 })]);
  }
  const past = async () => (await deliveryOf(engine, first.id)).past;
  assert.match((await past()) ?? '', /91\.10\.10\.10/);
  return { ...bench, past };
}

test('addresses that are cut short are cut out of it', async (t) => {
  const { engine, first, past } = await withPast(t);
  const [event] = (await eventsOf(engine, first.id)).filter(({ type }) => type === 'opened');
  assert.ok(event);
  await new StoredPrivacy(engine.db).writeAddresses([
    { table: 'events', key: event.id, ip: '91.10.10.0', place: event.place },
  ]);
  assert.equal(await past(), null);
});

test('an answer deletes it', async (t) => {
  const { timeline, first, past } = await withPast(t);
  await timeline.recordTransport({
    deliveryId: first.id,
    at: START + 200_000,
    type: 'replied',
    actor: 'human',
    confidence: 0.99,
    reasons: [],
    source: 'report:1',
    ofReader: true,
  });
  assert.equal(await past(), null);
});

test('an objection deletes it', async (t) => {
  const { engine, first, past } = await withPast(t);
  await new StoredPrivacy(engine.db).object({
    workspaceId: WORKSPACE,
    recipient: first.recipient,
    deliveryId: first.id,
    at: START + 200_000,
  });
  assert.equal(await past(), null);
});
