import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type WorkspaceId } from '../../src/kernel/ids.ts';
import { fewEvents, NEWEST_EVENTS, Timeline } from '../../src/messages/messages.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { CHROME, homeLookup } from '../support/home-reader.ts';
import { copiesFor, loggedHit, trackedMail } from '../support/tracked-mail.ts';
import type { TimelineContract } from './timeline-bench.ts';

const START = Date.UTC(2026, 10, 23, 12);
const WORKSPACE = 7 as WorkspaceId;

/** What every engine's store must do when hits are recorded one batch behind the other. */
export function testHitRecording(name: string, { engine: open, skip }: TimelineContract): void {
  async function setUp(t: TestContext) {
    const engine = await open();
    t.after(() => engine.db.destroy());
    const clock = () => START + 60_000;
    const store = new KyselyTimelineStore(engine, clock);
    const timeline = new Timeline({ store, lookup: homeLookup, clock });
    const deliveries = copiesFor([0, 1, 2].map((n) => `reader${n}@example.net`));
    const links = [1, 2, 3, 4].map((index) => ({ index, url: `https://example.org/${index}` }));
    await new KyselyMessageStore(engine).accept(
      trackedMail({ workspaceId: WORKSPACE, createdAt: START, deliveries, links }),
    );
    return { engine, store, timeline, ids: deliveries.map(({ id }) => id) };
  }

  let seq = 0;
  function hit(subject: string | undefined, changes: Partial<LoggedHit> = {}): LoggedHit {
    seq += 1;
    return loggedHit({ seq, at: START + 50_000, workspaceId: WORKSPACE, subject: subject ?? '', ...changes });
  }
  const click = (subject: string | undefined, link: number, changes: Partial<LoggedHit> = {}): LoggedHit =>
    hit(subject, { kind: 'click', linkIndex: link, url: `https://example.org/${link}`, ...changes });

  const opened = (engine: Engine, id: string | undefined) =>
    engine.db
      .selectFrom('events')
      .selectAll()
      .where('delivery_id', '=', id ?? '')
      .where('source', 'like', 'hit:%')
      .orderBy('at')
      .execute();
  const countHits = async (engine: Engine): Promise<number> =>
    (await engine.db.selectFrom('hits').select('seq').execute()).length;

  test(
    `${name}: identical requests within a second are one event that says how many; all of them stay raw hits`,
    { skip },
    async (t) => {
      const { engine, timeline, ids } = await setUp(t);
      const hits = [0, 300, 900, 1_400].map((ms) => hit(ids[0], { at: START + 10_000 + ms }));
      const repeated = hits.slice(2);
      await timeline.recordHits(hits.slice(0, 2));
      await timeline.recordHits(repeated);
      const requests = async () => (await opened(engine, ids[0])).map((event) => event.requests);
      assert.deepEqual(await requests(), [3, 1]);
      assert.equal(await countHits(engine), 4);
      await timeline.recordHits(repeated);
      assert.deepEqual(await requests(), [3, 1], 'read again, nothing is counted twice');
      assert.equal(await countHits(engine), 4);
    },
  );

  test(
    `${name}: a batch that is decided while the last one is being written sees what that one found`,
    { skip },
    async (t) => {
      const { engine, timeline, ids } = await setUp(t);
      const machine = { ip: '198.51.100.9', at: START + 20_000 };
      const cursors = new Map<string, number>();
      const writing: Promise<void>[] = [];
      for (const batch of [
        [click(ids[0], 1, machine), hit(ids[1])],
        [click(ids[0], 2, { ...machine, at: machine.at + 300 }), hit(ids[1], { ip: '91.10.10.11' })],
        [click(ids[0], 3, { ...machine, at: machine.at + 600 }), hit(ids[2])],
      ]) {
        const { written } = await timeline.takeHits(timeline.prepareHits(batch), new Map(cursors));
        writing.push(written);
        for (const { epoch, seq: last } of batch) cursors.set(epoch, last);
      }
      await Promise.all(writing);
      const clicks = await opened(engine, ids[0]);
      assert.deepEqual(
        clicks.map(({ actor }) => actor),
        ['scanner', 'scanner', 'scanner'],
      );
      assert.equal((await opened(engine, ids[1])).length, 2);
      assert.deepEqual(await timeline.cursors(), cursors);
    },
  );

  test(
    `${name}: what was read behind another cursor is not written, nor what comes behind it; from the stored one on it is`,
    { skip },
    async (t) => {
      const { engine, timeline, ids } = await setUp(t);
      const [first, second, third] = [hit(ids[0]), hit(ids[1]), hit(ids[2])];
      await timeline.recordHits([first]);
      const stored = await timeline.cursors();
      const take = async (one: LoggedHit, after: number) =>
        (await timeline.takeHits(timeline.prepareHits([one]), new Map([['epoch-a', after]]))).written;
      const outcomes = await Promise.allSettled([take(third, second.seq)]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected'],
      );
      assert.deepEqual(await timeline.cursors(), stored);
      assert.equal((await opened(engine, ids[2])).length, 0);
      await take(second, first.seq);
      await take(third, second.seq);
      assert.equal((await opened(engine, ids[2])).length, 1);
    },
  );

  test(
    `${name}: what another writes to a delivery meanwhile is not undone by a batch that had read it before`,
    { skip },
    async (t) => {
      const { engine, timeline, ids } = await setUp(t);
      const [id] = ids;
      assert.ok(id !== undefined);
      await timeline.recordHits([hit(id)]);
      // As another process does, of which this one's memory knows nothing.
      const other = new Timeline({
        store: new KyselyTimelineStore(engine, () => START + 60_000),
        lookup: homeLookup,
        clock: () => START + 60_000,
      });
      await other.recordTransport({
        deliveryId: id,
        at: START + 55_000,
        type: 'objected',
        reasons: [],
        source: 'privacy:1',
      });
      await timeline.recordHits([hit(id, { at: START + 56_000, ip: '91.10.10.12' })]);
      await timeline.recordHits([hit(id, { at: START + 54_000, ip: '91.10.10.13' })]);
      const row = await engine.db
        .selectFrom('deliveries')
        .select(['verdict_state', 'objected_at'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { verdict_state: 'objected', objected_at: START + 55_000 });
      assert.deepEqual(
        (await opened(engine, id)).map(({ at }) => at),
        [START + 50_000, START + 54_000],
        'nothing after the objection',
      );
    },
  );

  test(
    `${name}: a delivery with thousands of hits is read as few, and its verdict is that of all`,
    { skip },
    async (t) => {
      const { engine, store, timeline, ids } = await setUp(t);
      const [id] = ids;
      assert.ok(id !== undefined);
      const agents = [CHROME, 'Mozilla/5.0', 'curl/8.1', 'Barracuda Sentinel (EE)'];
      const hits = Array.from({ length: 1_200 }, (_, n) =>
        hit(id, {
          at: START + n * 40,
          ip: `91.10.${n % 250}.10`,
          headers: { 'user-agent': agents[n % agents.length] ?? '' },
        }),
      );
      for (let n = 0; n < hits.length; n += 300) await timeline.recordHits(hits.slice(n, n + 300));
      const rows = await opened(engine, id);
      assert.equal(rows.length, hits.length);
      const verdict = async () =>
        engine.db
          .selectFrom('deliveries')
          .select(['verdict_state', 'verdict_confidence', 'verdict_reasons', 'last_sign_at'])
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
      const before = await verdict();
      // Without what is remembered, from the rows alone.
      let read: number | undefined;
      await new KyselyTimelineStore(engine, () => START).transact(
        { deliveryIds: [id], messageIds: [] },
        (snapshot) => {
          const { events = [], hits: some = [] } = snapshot.deliveries.get(id) ?? {};
          read = events.length + some.length;
          const stands = events.reduce((sum, { alike }) => sum + 1 + (alike?.count ?? 0), 0);
          assert.equal(stands, hits.length + 1, 'with the acceptance');
          assert.deepEqual(fewEvents(events), events);
          return {
            ...{ hits: [], newEvents: [], changedEvents: [], confirmedEvents: [], deliveries: [] },
            ...{ outbox: [], cursors: new Map() },
          };
        },
      );
      assert.ok(read !== undefined && read < 3 * NEWEST_EVENTS, `${read} rows`);
      await new Timeline({ store, lookup: homeLookup, clock: () => START + 60_000 }).recordHits([
        hit(id, { method: 'HEAD', at: START + 49_000 }),
      ]);
      assert.deepEqual(await verdict(), before);
    },
  );
}
