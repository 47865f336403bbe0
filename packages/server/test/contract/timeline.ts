import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryId, WorkspaceId } from '../../src/kernel/ids.ts';
import { insertFirstOpenRule } from '../support/home-reader.ts';
import {
  deliveryOf,
  eventsOf,
  mailToTwo,
  nextHit,
  openTimeline,
  openWithMail,
  START,
  WORKSPACE,
  type TimelineContract,
} from './timeline-bench.ts';

/** RFC 9562 §5.4: no time in it. */
const RANDOM_ID = /^[\da-f]{8}-[\da-f]{4}-4/;

const GMAIL_PROXY =
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';

const codes = (row: { reasons: string | null } | undefined): string[] =>
  (JSON.parse(row?.reasons ?? '[]') as { code: string }[]).map(({ code }) => code);

/** What every engine's stores must do together with the timeline, when hits come. */
export function testTimeline(name: string, { engine: open, skip }: TimelineContract): void {
  test(
    `${name}: an address that works through several copies is seen to, in one batch or in several`,
    { skip },
    async (t) => {
      for (const batches of ['one', 'several'] as const) {
        const { engine, timeline, messages } = await openTimeline(t, open);
        const accepted = mailToTwo();
        const third = mailToTwo();
        await messages.accept(accepted);
        await messages.accept(third);
        const ids = [...accepted.deliveries, ...third.deliveries].map(({ id }) => id);
        const clicks = ids.map((id, i) =>
          nextHit(id, { kind: 'click', linkIndex: 1, at: START + 50_000 + i * 100 }),
        );
        if (batches === 'one') await timeline.recordHits(clicks);
        else for (const click of clicks) await timeline.recordHits([click]);
        const last = ids.at(-1);
        assert.ok(last);
        const [, event] = await eventsOf(engine, last);
        assert.ok(codes(event).includes('several-recipients'), batches);
        const other = mailToTwo();
        await messages.accept(other);
        const [alone] = other.deliveries;
        assert.ok(alone);
        await timeline.recordHits([nextHit(alone.id, { kind: 'click', ip: '91.10.10.11' })]);
        assert.ok(!codes((await eventsOf(engine, alone.id))[1]).includes('several-recipients'));
      }
    },
  );

  test(`${name}: who read earlier mails is known again, only backwards in time`, { skip }, async (t) => {
    const { engine, timeline, messages } = await openTimeline(t, open);
    const [one, two] = [mailToTwo(), mailToTwo({ createdAt: START + 1000 })];
    await messages.accept(one);
    await messages.accept(two);
    const [first] = one.deliveries;
    const [second] = two.deliveries;
    assert.ok(first && second);
    await timeline.recordHits([nextHit(first.id)]);
    await timeline.recordHits([nextHit(second.id, { at: START + 55_000 })]);
    assert.ok(!codes((await eventsOf(engine, first.id))[1]).includes('known-reader'));
    assert.ok(codes((await eventsOf(engine, second.id))[1]).includes('known-reader'));
  });

  test(
    `${name}: a gateway's host name changes what its hits were, and stays with them`,
    { skip },
    async (t) => {
      const { engine, timeline, first } = await openWithMail(t, open);
      await timeline.recordHits([
        nextHit(first.id),
        nextHit(first.id, { ip: '24.60.1.2', at: START + 55_000 }),
      ]);
      const found = { ip: '91.10.10.10', suffix: 'pphosted.com', deliveryIds: [first.id] };
      await timeline.recordHost(found);
      await timeline.recordHost(found);
      const actors = async () => (await eventsOf(engine, first.id)).slice(1).map(({ actor }) => actor);
      assert.deepEqual(await actors(), ['human', 'scanner']);
      const rows = await engine.db.selectFrom('hits').select(['ip', 'host']).orderBy('seq').execute();
      assert.deepEqual(
        rows.map(({ host }) => host),
        ['pphosted.com', null],
      );
      // Another hit judges all anew: the name still counts.
      await timeline.recordHits([nextHit(first.id, { ip: '24.60.1.2', at: START + 56_000 })]);
      assert.deepEqual((await actors()).toSorted(), ['human', 'human', 'scanner']);
    },
  );

  test(
    `${name}: a hit becomes an event, a verdict and a cursor, and reading it again changes nothing`,
    { skip },
    async (t) => {
      const { engine, timeline, first, second } = await openWithMail(t, open);
      const opened = nextHit(first.id);
      await timeline.recordHits([opened]);
      await timeline.recordHits([opened]);
      const rows = await eventsOf(engine, first.id);
      assert.deepEqual(
        rows.map(({ type }) => type),
        ['accepted', 'opened'],
      );
      assert.equal(rows[1]?.actor, 'human');
      assert.equal((await deliveryOf(engine, first.id)).verdict_state, 'read');
      assert.notEqual((await deliveryOf(engine, second.id)).verdict_state, 'read');
      assert.equal((await timeline.cursors()).get('epoch-a'), opened.seq);
      assert.equal((await engine.db.selectFrom('hits').selectAll().execute()).length, 1);
    },
  );

  test(
    `${name}: hits of unknown deliveries and of another workspace's are passed over`,
    { skip },
    async (t) => {
      const { engine, timeline, first } = await openWithMail(t, open);
      const stray = nextHit('0'.repeat(32));
      const foreign = nextHit(first.id, { workspaceId: 8 as WorkspaceId });
      await timeline.recordHits([stray, foreign]);
      assert.equal((await eventsOf(engine, first.id)).length, 1);
      assert.equal((await timeline.cursors()).get('epoch-a'), foreign.seq);
    },
  );

  test(`${name}: a HEAD request is kept raw and is no opening`, { skip }, async (t) => {
    const { engine, timeline, first } = await openWithMail(t, open);
    await timeline.recordHits([nextHit(first.id, { method: 'HEAD' })]);
    assert.equal((await eventsOf(engine, first.id)).length, 1);
    assert.equal((await engine.db.selectFrom('hits').selectAll().execute()).length, 1);
  });

  test(`${name}: an opening before a snippet is marked sent is the sender's own`, { skip }, async (t) => {
    const { engine, timeline, messages, accepted, first } = await openWithMail(t, open, {
      source: 'snippet',
    });
    await timeline.recordHits([nextHit(first.id)]);
    assert.equal((await eventsOf(engine, first.id)).at(-1)?.actor, 'self');
    assert.equal((await deliveryOf(engine, first.id)).last_sign_at, null);
    assert.equal(await messages.markSent(WORKSPACE, accepted.messageId, START + 55_000), START + 55_000);
    assert.equal(await messages.markSent(WORKSPACE, accepted.messageId, START + 99_000), START + 55_000);
    assert.equal(await messages.markSent(8 as WorkspaceId, accepted.messageId, START), undefined);
    await timeline.recordHits([nextHit(first.id, { at: START + 3_600_000 })]);
    assert.equal((await deliveryOf(engine, first.id)).verdict_state, 'read');
  });

  test(
    `${name}: mode day keeps one event that moves to the last day, and no raw hit`,
    { skip },
    async (t) => {
      const { engine, timeline, first } = await openWithMail(t, open, { mode: 'day', sentAt: START });
      const day = Date.UTC(2026, 10, 24);
      const bare = { mode: 'day' as const, headers: {} };
      const { ip: _, ...early } = nextHit(first.id, { ...bare, at: day });
      const { ip: __, ...late } = nextHit(first.id, { ...bare, at: day + 86_400_000 });
      await timeline.recordHits([early]);
      await timeline.recordHits([late]);
      const opened = (await eventsOf(engine, first.id)).filter(({ type }) => type === 'opened');
      assert.deepEqual(
        opened.map(({ at }) => at),
        [day + 86_400_000],
      );
      assert.match(opened[0]?.id ?? '', RANDOM_ID, 'an id that begins with the time tells more than the day');
      assert.equal((await engine.db.selectFrom('hits').selectAll().execute()).length, 0);
    },
  );

  test(`${name}: mode aggregate counts on the message and names no delivery`, { skip }, async (t) => {
    const { engine, timeline, accepted } = await openWithMail(t, open, { mode: 'aggregate', sentAt: START });
    const { ip: _, ...anonymous } = nextHit(accepted.messageId, { mode: 'aggregate', headers: {} });
    await timeline.recordHits([anonymous]);
    await timeline.recordHits([anonymous]);
    const { seq } = nextHit(accepted.messageId);
    await timeline.recordHits([{ ...anonymous, seq, kind: 'click', linkIndex: 1 }]);
    const click = await engine.db.selectFrom('events').selectAll().where('type', '=', 'clicked').execute();
    assert.deepEqual(
      click.map(({ delivery_id: id, link }) => ({ id, link })),
      [{ id: null, link: 'https://example.org/' }],
    );
    const rows = await engine.db
      .selectFrom('events')
      .selectAll()
      .where('message_id', '=', accepted.messageId)
      .where('type', '=', 'opened')
      .execute();
    assert.deepEqual(
      rows.map(({ delivery_id }) => delivery_id),
      [null],
    );
    assert.equal(rows[0]?.at, Date.UTC(2026, 10, 23));
    for (const { id } of [...rows, ...click]) assert.match(id, RANDOM_ID);
  });

  test(
    `${name}: mode aggregate counts nothing before a snippet is marked sent, and calls no delivery silent`,
    { skip },
    async (t) => {
      const { engine, timeline, messages, accepted, first } = await openWithMail(t, open, {
        mode: 'aggregate',
        source: 'snippet',
      });
      const { ip: _, ...anonymous } = nextHit(accepted.messageId, { mode: 'aggregate', headers: {} });
      const counted = () =>
        engine.db.selectFrom('events').select('id').where('type', '=', 'opened').execute();
      await timeline.recordHits([anonymous]);
      assert.equal((await counted()).length, 0);
      await messages.markSent(WORKSPACE, accepted.messageId, START + 55_000);
      const { seq } = nextHit(accepted.messageId);
      await timeline.recordHits([{ ...anonymous, seq }]);
      assert.equal((await counted()).length, 1);
      await timeline.settle();
      const reasons = (await deliveryOf(engine, first.id)).verdict_reasons;
      assert.match(reasons, /counted-together/);
      assert.doesNotMatch(reasons, /No image was loaded/);
    },
  );

  test(
    `${name}: the first opening by a person writes one notification in the same transaction; machines and proxies' prefetch write none`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await openTimeline(t, open);
      await insertFirstOpenRule(engine, WORKSPACE, START);
      const accepted = mailToTwo({ sentAt: START });
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      await timeline.recordHits([nextHit(first.id, { headers: { 'user-agent': 'curl/8.5.0' } })]);
      assert.equal((await engine.db.selectFrom('outbox').selectAll().execute()).length, 0);
      const person = { at: START + 600_000 };
      await timeline.recordHits([nextHit(first.id, { ...person, headers: { 'user-agent': GMAIL_PROXY } })]);
      await timeline.recordHits([nextHit(first.id, { at: START + 700_000 })]);
      const outbox = await engine.db.selectFrom('outbox').selectAll().execute();
      assert.equal(outbox.length, 1);
      assert.equal(outbox[0]?.channel_id, 'c1');
    },
  );

  test(
    `${name}: a burst over several links relabels the hits before it, and the streams see the change`,
    { skip },
    async (t) => {
      const { engine, timeline, first } = await openWithMail(t, open, {
        sentAt: START,
        links: [1, 2, 3, 4].map((index) => ({ index, url: `https://example.org/${index}` })),
      });
      const at = START + 40_000;
      await timeline.recordHits([
        nextHit(first.id, { at, kind: 'click', linkIndex: 1, url: 'https://example.org/1' }),
      ]);
      const before = (await eventsOf(engine, first.id)).at(-1);
      assert.equal(before?.actor, 'human');
      await timeline.recordHits(
        [2, 3, 4].map((linkIndex) =>
          nextHit(first.id, {
            at: at + linkIndex * 100,
            kind: 'click',
            linkIndex,
            url: `https://example.org/${linkIndex}`,
          }),
        ),
      );
      const after = (await eventsOf(engine, first.id)).find(({ id }) => id === before?.id);
      assert.equal(after?.actor, 'scanner');
      assert.ok((after?.position ?? 0) > (before?.position ?? 0), 'a changed event gets a new position');
      assert.equal((await deliveryOf(engine, first.id)).verdict_state, 'loaded');
    },
  );

  test(
    `${name}: positions are unique and grow, and every change is told to listeners`,
    { skip },
    async (t) => {
      const { engine, timeline, accepted } = await openWithMail(t, open, { sentAt: START });
      const ids = accepted.deliveries.map(({ id }) => id);
      const heard: DeliveryId[] = [];
      timeline.onChange(({ deliveryIds }) => heard.push(...deliveryIds));
      await Promise.all(ids.map((id) => timeline.recordHits([nextHit(id)])));
      const positions = (await engine.db.selectFrom('events').select('position').execute()).map(
        (r) => r.position,
      );
      assert.equal(new Set(positions).size, positions.length);
      assert.deepEqual(heard.toSorted(), ids.toSorted());
    },
  );

  test(`${name}: an unsettled verdict is settled after its hold`, { skip }, async (t) => {
    const { engine, timeline, setNow, first } = await openWithMail(t, open, { sentAt: START });
    setNow(START + 50_500);
    await timeline.settle();
    await timeline.recordHits([nextHit(first.id)]);
    const row = await deliveryOf(engine, first.id);
    assert.equal(row.verdict_settled, 0);
    setNow((row.settle_at ?? 0) + 1);
    assert.equal(await timeline.settle(), 1);
    assert.equal((await deliveryOf(engine, first.id)).verdict_settled, 1);
    assert.equal(await timeline.settle(), 0);
  });
}
