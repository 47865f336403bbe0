import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../src/kernel/errors.ts';
import { type DeliveryId, type WorkspaceId } from '../../src/kernel/ids.ts';
import { concludeDelivery } from '../../src/messages/interpret.ts';
import { Timeline, type NewMail, type TransportFact } from '../../src/messages/messages.ts';
import { emptyWork } from '../../src/messages/timeline-work.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { asPart, type Statement } from '../../src/storage/statements.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { homeLookup, insertFirstOpenRule } from '../support/home-reader.ts';
import { copiesFor, loggedHit, trackedMail } from '../support/tracked-mail.ts';

/** RFC 9562 §5.4: no time in it. */
const RANDOM_ID = /^[\da-f]{8}-[\da-f]{4}-4/;
const START = Date.UTC(2026, 10, 23, 12);
const WORKSPACE = 7 as WorkspaceId;
const GMAIL_PROXY =
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';

export interface TimelineContract {
  /** The reason in words, where this engine cannot be had. */
  skip: string | false;
  /** A migrated, empty database. */
  engine(): Promise<Engine>;
}

/** Fails when it is written twice. */
const noted = (what: string): Statement => ({
  sql: 'insert into settings (name, value) values (?, ?)',
  rows: [[`noted ${what}`, '']],
});

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** What every engine's stores must do together with the timeline. */
export function testTimeline(name: string, { engine: open, skip }: TimelineContract): void {
  async function setUp(t: TestContext) {
    const engine = await open();
    t.after(() => engine.db.destroy());
    let now = START + 60_000;
    const clock = () => now;
    const timeline = new Timeline({
      store: new KyselyTimelineStore(engine, clock),
      lookup: homeLookup,
      clock,
    });
    const messages = new KyselyMessageStore(engine);
    return { engine, timeline, messages, setNow: (time: number) => (now = time) };
  }

  function mail(changes: Partial<NewMail> = {}): NewMail {
    return trackedMail({
      workspaceId: WORKSPACE,
      createdAt: START,
      sentAt: null,
      deliveries: copiesFor(['b@example.net', 'c@example.net']),
      to: ['b@example.net'],
      links: [{ index: 1, url: 'https://example.org/' }],
      ...changes,
    });
  }

  let seq = 0;
  function hit(subject: string, changes: Partial<LoggedHit> = {}): LoggedHit {
    seq += 1;
    return loggedHit({ seq, at: START + 50_000, workspaceId: WORKSPACE, subject, ...changes });
  }

  async function events(engine: Engine, deliveryId: DeliveryId) {
    return engine.db
      .selectFrom('events')
      .selectAll()
      .where('delivery_id', '=', deliveryId)
      .orderBy('position')
      .execute();
  }

  async function delivery(engine: Engine, id: DeliveryId) {
    return engine.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  }

  test(
    `${name}: an accepted mail has an event per delivery, and the same id is refused a second time`,
    { skip },
    async (t) => {
      const { engine, messages } = await setUp(t);
      const accepted = mail();
      await messages.accept(accepted);
      for (const { id } of accepted.deliveries) assert.equal((await events(engine, id)).length, 1);
      const other = mail({ messageId: accepted.messageId });
      await assert.rejects(messages.accept(other), { code: 'conflict' });
      const rows = await engine.db.selectFrom('deliveries').selectAll().execute();
      assert.equal(rows.length, 2);
    },
  );

  const codes = (row: { reasons: string | null } | undefined): string[] =>
    (JSON.parse(row?.reasons ?? '[]') as { code: string }[]).map(({ code }) => code);

  test(
    `${name}: an address that works through several copies is seen to, in one batch or in several`,
    { skip },
    async (t) => {
      for (const batches of ['one', 'several'] as const) {
        const { engine, timeline, messages } = await setUp(t);
        const accepted = mail();
        const third = mail();
        await messages.accept(accepted);
        await messages.accept(third);
        const ids = [...accepted.deliveries, ...third.deliveries].map(({ id }) => id);
        const clicks = ids.map((id, i) =>
          hit(id, { kind: 'click', linkIndex: 1, at: START + 50_000 + i * 100 }),
        );
        if (batches === 'one') await timeline.recordHits(clicks);
        else for (const click of clicks) await timeline.recordHits([click]);
        const last = ids.at(-1);
        assert.ok(last);
        const [, event] = await events(engine, last);
        assert.ok(codes(event).includes('several-recipients'), batches);
        const other = mail();
        await messages.accept(other);
        const [alone] = other.deliveries;
        assert.ok(alone);
        await timeline.recordHits([hit(alone.id, { kind: 'click', ip: '91.10.10.11' })]);
        assert.ok(!codes((await events(engine, alone.id))[1]).includes('several-recipients'));
      }
    },
  );

  test(`${name}: who read earlier mails is known again, only backwards in time`, { skip }, async (t) => {
    const { engine, timeline, messages } = await setUp(t);
    const [one, two] = [mail(), mail({ createdAt: START + 1000 })];
    await messages.accept(one);
    await messages.accept(two);
    const [first] = one.deliveries;
    const [second] = two.deliveries;
    assert.ok(first && second);
    await timeline.recordHits([hit(first.id)]);
    await timeline.recordHits([hit(second.id, { at: START + 55_000 })]);
    assert.ok(!codes((await events(engine, first.id))[1]).includes('known-reader'));
    assert.ok(codes((await events(engine, second.id))[1]).includes('known-reader'));
  });

  test(
    `${name}: a gateway's host name changes what its hits were, and stays with them`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail();
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      await timeline.recordHits([hit(first.id), hit(first.id, { ip: '24.60.1.2', at: START + 55_000 })]);
      const found = { ip: '91.10.10.10', suffix: 'pphosted.com', deliveryIds: [first.id] };
      await timeline.recordHost(found);
      await timeline.recordHost(found);
      const actors = async () => (await events(engine, first.id)).slice(1).map(({ actor }) => actor);
      assert.deepEqual(await actors(), ['human', 'scanner']);
      const rows = await engine.db.selectFrom('hits').select(['ip', 'host']).orderBy('seq').execute();
      assert.deepEqual(
        rows.map(({ host }) => host),
        ['pphosted.com', null],
      );
      // Another hit judges all anew: the name still counts.
      await timeline.recordHits([hit(first.id, { ip: '24.60.1.2', at: START + 56_000 })]);
      assert.deepEqual((await actors()).toSorted(), ['human', 'human', 'scanner']);
    },
  );

  test(
    `${name}: a hit becomes an event, a verdict and a cursor, and reading it again changes nothing`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail();
      await messages.accept(accepted);
      const [first, second] = accepted.deliveries;
      assert.ok(first && second);
      const opened = hit(first.id);
      await timeline.recordHits([opened]);
      await timeline.recordHits([opened]);
      const rows = await events(engine, first.id);
      assert.deepEqual(
        rows.map(({ type }) => type),
        ['accepted', 'opened'],
      );
      assert.equal(rows[1]?.actor, 'human');
      assert.equal((await delivery(engine, first.id)).verdict_state, 'read');
      assert.notEqual((await delivery(engine, second.id)).verdict_state, 'read');
      assert.equal((await timeline.cursors()).get('epoch-a'), opened.seq);
      assert.equal((await engine.db.selectFrom('hits').selectAll().execute()).length, 1);
    },
  );

  test(
    `${name}: hits of unknown deliveries and of another workspace's are passed over`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail();
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      const stray = hit('0'.repeat(32));
      const foreign = hit(first.id, { workspaceId: 8 as WorkspaceId });
      await timeline.recordHits([stray, foreign]);
      assert.equal((await events(engine, first.id)).length, 1);
      assert.equal((await timeline.cursors()).get('epoch-a'), foreign.seq);
    },
  );

  test(`${name}: a HEAD request is kept raw and is no opening`, { skip }, async (t) => {
    const { engine, timeline, messages } = await setUp(t);
    const accepted = mail();
    await messages.accept(accepted);
    const [first] = accepted.deliveries;
    assert.ok(first);
    await timeline.recordHits([hit(first.id, { method: 'HEAD' })]);
    assert.equal((await events(engine, first.id)).length, 1);
    assert.equal((await engine.db.selectFrom('hits').selectAll().execute()).length, 1);
  });

  test(`${name}: an opening before a snippet is marked sent is the sender's own`, { skip }, async (t) => {
    const { engine, timeline, messages } = await setUp(t);
    const accepted = mail({ source: 'snippet' });
    await messages.accept(accepted);
    const [first] = accepted.deliveries;
    assert.ok(first);
    await timeline.recordHits([hit(first.id)]);
    assert.equal((await events(engine, first.id)).at(-1)?.actor, 'self');
    assert.equal((await delivery(engine, first.id)).last_sign_at, null);
    assert.equal(await messages.markSent(WORKSPACE, accepted.messageId, START + 55_000), START + 55_000);
    assert.equal(await messages.markSent(WORKSPACE, accepted.messageId, START + 99_000), START + 55_000);
    assert.equal(await messages.markSent(8 as WorkspaceId, accepted.messageId, START), undefined);
    await timeline.recordHits([hit(first.id, { at: START + 3_600_000 })]);
    assert.equal((await delivery(engine, first.id)).verdict_state, 'read');
  });

  test(
    `${name}: mode day keeps one event that moves to the last day, and no raw hit`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail({ mode: 'day', sentAt: START });
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      const day = Date.UTC(2026, 10, 24);
      const bare = { mode: 'day' as const, headers: {} };
      const { ip: _, ...early } = hit(first.id, { ...bare, at: day });
      const { ip: __, ...late } = hit(first.id, { ...bare, at: day + 86_400_000 });
      await timeline.recordHits([early]);
      await timeline.recordHits([late]);
      const opened = (await events(engine, first.id)).filter(({ type }) => type === 'opened');
      assert.deepEqual(
        opened.map(({ at }) => at),
        [day + 86_400_000],
      );
      assert.match(opened[0]?.id ?? '', RANDOM_ID, 'an id that begins with the time tells more than the day');
      assert.equal((await engine.db.selectFrom('hits').selectAll().execute()).length, 0);
    },
  );

  test(`${name}: mode aggregate counts on the message and names no delivery`, { skip }, async (t) => {
    const { engine, timeline, messages } = await setUp(t);
    const accepted = mail({ mode: 'aggregate', sentAt: START });
    await messages.accept(accepted);
    const { ip: _, ...anonymous } = hit(accepted.messageId, { mode: 'aggregate', headers: {} });
    await timeline.recordHits([anonymous]);
    await timeline.recordHits([anonymous]);
    await timeline.recordHits([{ ...anonymous, seq: anonymous.seq + 1, kind: 'click', linkIndex: 1 }]);
    seq += 1;
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
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail({ mode: 'aggregate', source: 'snippet' });
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      const { ip: _, ...anonymous } = hit(accepted.messageId, { mode: 'aggregate', headers: {} });
      const counted = () =>
        engine.db.selectFrom('events').select('id').where('type', '=', 'opened').execute();
      await timeline.recordHits([anonymous]);
      assert.equal((await counted()).length, 0);
      await messages.markSent(WORKSPACE, accepted.messageId, START + 55_000);
      seq += 1;
      await timeline.recordHits([{ ...anonymous, seq }]);
      assert.equal((await counted()).length, 1);
      await timeline.settle();
      const reasons = (await delivery(engine, first.id)).verdict_reasons;
      assert.match(reasons, /counted-together/);
      assert.doesNotMatch(reasons, /No image was loaded/);
    },
  );

  test(`${name}: the same transport fact counts once, and a bounce is final`, { skip }, async (t) => {
    const { engine, timeline, messages } = await setUp(t);
    const accepted = mail();
    await messages.accept(accepted);
    const [first] = accepted.deliveries;
    assert.ok(first);
    const reasons = [{ code: 'smtp', text: '550 no such user' }];
    const bounced = {
      deliveryId: first.id,
      at: START + 1,
      type: 'bounced' as const,
      transport: 'bounced' as const,
      reasons,
      source: 'relay:q:1',
    };
    await timeline.recordTransport(bounced);
    await timeline.recordTransport(bounced);
    await timeline.recordTransport({
      deliveryId: first.id,
      at: START + 2,
      type: 'relayed',
      transport: 'sent',
      reasons,
      source: 'relay:q:2',
    });
    const row = await delivery(engine, first.id);
    assert.equal(row.transport, 'bounced');
    assert.equal(row.verdict_state, 'bounced');
    assert.equal((await events(engine, first.id)).filter(({ type }) => type === 'bounced').length, 1);
  });

  test(
    `${name}: a mail whose commit took place without a word of it is accepted, another of its id is not`,
    { skip },
    async (t) => {
      const { engine, messages } = await setUp(t);
      const accepted = mail();
      await messages.accept(accepted);
      await Promise.all([messages.accept(accepted), messages.accept(mail())]);
      await assert.rejects(
        messages.accept(mail({ messageId: accepted.messageId })),
        (error) => error instanceof AppError && error.code === 'conflict',
      );
      const rows = await engine.db.selectFrom('deliveries').select('id').execute();
      assert.equal(rows.length, 4);
    },
  );

  test(
    `${name}: a snippet that is marked sent twice at the same moment is sent once`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      for (let round = 0; round < 8; round++) {
        const accepted = mail({ source: 'snippet' });
        await messages.accept(accepted);
        const opened = accepted.deliveries.map(({ id }) =>
          timeline.recordHits([hit(id, { at: START + 3_600_000 })]),
        );
        const times = await Promise.all(
          [1, 2, 3, 4].map((at) => messages.markSent(WORKSPACE, accepted.messageId, START + at)),
        );
        await Promise.all(opened);
        assert.equal(new Set(times).size, 1);
        for (const { id } of accepted.deliveries) {
          assert.equal((await delivery(engine, id)).sent_at, times[0]);
          assert.equal((await events(engine, id)).filter(({ type }) => type === 'relayed').length, 1);
        }
      }
    },
  );

  test(
    `${name}: whatever is told of a delivery at the same moment, its row says what all its events say`,
    { skip },
    async (t) => {
      const { engine, timeline, messages, setNow } = await setUp(t);
      const store = new KyselyTimelineStore(engine, () => START + 86_400_000);
      const accepted = Array.from({ length: 12 }, () => mail());
      await Promise.all(accepted.map((each) => messages.accept(each)));
      const ids = accepted.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
      const fact = (deliveryId: DeliveryId, type: TransportFact['type'], at: number): TransportFact => ({
        deliveryId,
        at: START + at,
        type,
        reasons: [{ code: type, text: type }],
        source: `${type}:test:${deliveryId}`,
        ...(type === 'relayed' ? { transport: 'sent' } : {}),
        ...(type === 'delivered' || type === 'bounced' ? { transport: type } : {}),
      });
      const tellings = ids.flatMap((id, index) => [
        () => timeline.recordTransports([fact(id, 'deferred', 1)], asPart([noted(`deferred ${id}`)])),
        () => timeline.recordTransports([fact(id, 'relayed', 2)], asPart([noted(`relayed ${id}`)])),
        () => timeline.recordTransport(fact(id, index % 3 === 0 ? 'bounced' : 'delivered', 3)),
        () => timeline.recordTransport(fact(id, index % 2 === 0 ? 'replied' : 'receipt', 600_000)),
        () => timeline.recordHits([hit(id, { at: START + 300_000 })]),
        () => timeline.recordHits([hit(id, { at: START + 40_000, headers: { 'user-agent': 'curl/8.5.0' } })]),
        () => (index % 5 === 0 ? timeline.recordTransport(fact(id, 'objected', 700_000)) : timeline.settle()),
      ]);
      setNow(START + 86_400_000);
      await Promise.all(shuffled(tellings).map((tell) => tell()));
      await store.transact({ deliveryIds: ids, messageIds: [] }, ({ deliveries }) => {
        for (const record of deliveries.values()) {
          const { delivery: computed } = concludeDelivery(
            record,
            { added: [], changed: [] },
            START + 86_400_000,
          );
          const has = (type: string): boolean => record.events.some((event) => event.type === type);
          assert.deepEqual(record.verdict, computed.verdict);
          assert.equal(record.transport, has('bounced') ? 'bounced' : 'delivered');
          assert.equal(record.sentAt, START + 2);
          assert.equal(record.objectedAt, has('objected') ? START + 700_000 : null);
          assert.deepEqual(
            ['accepted', 'deferred', 'relayed'].map(
              (type) => record.events.filter((event) => event.type === type).length,
            ),
            [1, 1, 1],
          );
        }
        assert.equal(deliveries.size, ids.length);
        return emptyWork();
      });
      const notes = await engine.db
        .selectFrom('settings')
        .select('name')
        .where('name', 'like', 'noted %')
        .execute();
      assert.equal(notes.length, ids.length * 2);
    },
  );

  test(
    `${name}: the first opening by a person writes one notification in the same transaction; machines and proxies' prefetch write none`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      await insertFirstOpenRule(engine, WORKSPACE, START);
      const accepted = mail({ sentAt: START });
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      await timeline.recordHits([hit(first.id, { headers: { 'user-agent': 'curl/8.5.0' } })]);
      assert.equal((await engine.db.selectFrom('outbox').selectAll().execute()).length, 0);
      const person = { at: START + 600_000 };
      await timeline.recordHits([hit(first.id, { ...person, headers: { 'user-agent': GMAIL_PROXY } })]);
      await timeline.recordHits([hit(first.id, { at: START + 700_000 })]);
      const outbox = await engine.db.selectFrom('outbox').selectAll().execute();
      assert.equal(outbox.length, 1);
      assert.equal(outbox[0]?.channel_id, 'c1');
    },
  );

  test(
    `${name}: a burst over several links relabels the hits before it, and the streams see the change`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail({
        sentAt: START,
        links: [1, 2, 3, 4].map((index) => ({ index, url: `https://example.org/${index}` })),
      });
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      const at = START + 40_000;
      await timeline.recordHits([
        hit(first.id, { at, kind: 'click', linkIndex: 1, url: 'https://example.org/1' }),
      ]);
      const before = (await events(engine, first.id)).at(-1);
      assert.equal(before?.actor, 'human');
      await timeline.recordHits(
        [2, 3, 4].map((linkIndex) =>
          hit(first.id, {
            at: at + linkIndex * 100,
            kind: 'click',
            linkIndex,
            url: `https://example.org/${linkIndex}`,
          }),
        ),
      );
      const after = (await events(engine, first.id)).find(({ id }) => id === before?.id);
      assert.equal(after?.actor, 'scanner');
      assert.ok((after?.position ?? 0) > (before?.position ?? 0), 'a changed event gets a new position');
      assert.equal((await delivery(engine, first.id)).verdict_state, 'loaded');
    },
  );

  test(
    `${name}: positions are unique and grow, and every change is told to listeners`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail({ sentAt: START });
      await messages.accept(accepted);
      const ids = accepted.deliveries.map(({ id }) => id);
      const heard: DeliveryId[] = [];
      timeline.onChange(({ deliveryIds }) => heard.push(...deliveryIds));
      await Promise.all(ids.map((id) => timeline.recordHits([hit(id)])));
      const positions = (await engine.db.selectFrom('events').select('position').execute()).map(
        (r) => r.position,
      );
      assert.equal(new Set(positions).size, positions.length);
      assert.deepEqual(heard.toSorted(), ids.toSorted());
    },
  );

  test(
    `${name}: facts of one delivery at the same moment see each other, whichever comes first`,
    { skip },
    async (t) => {
      const { engine, timeline, messages } = await setUp(t);
      const accepted = mail();
      await messages.accept(accepted);
      const [first] = accepted.deliveries;
      assert.ok(first);
      const told = (type: 'relayed' | 'delivered', transport: 'sent' | 'delivered') =>
        timeline.recordTransports([
          { deliveryId: first.id, at: START + 5, type, transport, reasons: [], source: `test:${type}` },
        ]);
      await Promise.all([
        told('delivered', 'delivered'),
        told('relayed', 'sent'),
        told('relayed', 'sent'),
        timeline.recordHits([hit(first.id)]),
      ]);
      const types = (await events(engine, first.id)).map(({ type }) => type);
      assert.deepEqual(types.toSorted(), ['accepted', 'delivered', 'opened', 'relayed']);
      const row = await delivery(engine, first.id);
      assert.equal(row.transport, 'delivered');
      assert.equal(row.sent_at, START + 5);
      assert.notEqual(row.last_sign_at, null);
      assert.notEqual(row.verdict_state, 'delivered');
    },
  );

  test(`${name}: an unsettled verdict is settled after its hold`, { skip }, async (t) => {
    const { engine, timeline, messages, setNow } = await setUp(t);
    const accepted = mail({ sentAt: START });
    await messages.accept(accepted);
    const [first] = accepted.deliveries;
    assert.ok(first);
    setNow(START + 50_500);
    await timeline.settle();
    await timeline.recordHits([hit(first.id)]);
    const row = await delivery(engine, first.id);
    assert.equal(row.verdict_settled, 0);
    setNow((row.settle_at ?? 0) + 1);
    assert.equal(await timeline.settle(), 1);
    assert.equal((await delivery(engine, first.id)).verdict_settled, 1);
    assert.equal(await timeline.settle(), 0);
  });
}
