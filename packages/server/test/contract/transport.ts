import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/kernel/errors.ts';
import type { DeliveryId } from '../../src/kernel/ids.ts';
import { concludeDelivery } from '../../src/messages/interpret.ts';
import type { TransportFact } from '../../src/messages/messages.ts';
import { emptyWork } from '../../src/messages/timeline-work.ts';
import { asPart, type Statement } from '../../src/storage/statements.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
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

/** What every engine's stores must do with a mail and what its transport tells. */
export function testTransport(name: string, { engine: open, skip }: TimelineContract): void {
  test(
    `${name}: an accepted mail has an event per delivery, and the same id is refused a second time`,
    { skip },
    async (t) => {
      const { engine, messages, accepted } = await openWithMail(t, open);
      for (const { id } of accepted.deliveries) assert.equal((await eventsOf(engine, id)).length, 1);
      const other = mailToTwo({ messageId: accepted.messageId });
      await assert.rejects(messages.accept(other), { code: 'conflict' });
      const rows = await engine.db.selectFrom('deliveries').selectAll().execute();
      assert.equal(rows.length, 2);
    },
  );

  test(`${name}: the same transport fact counts once, and a bounce is final`, { skip }, async (t) => {
    const { engine, timeline, first } = await openWithMail(t, open);
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
    const row = await deliveryOf(engine, first.id);
    assert.equal(row.transport, 'bounced');
    assert.equal(row.verdict_state, 'bounced');
    assert.equal((await eventsOf(engine, first.id)).filter(({ type }) => type === 'bounced').length, 1);
  });

  test(
    `${name}: a mail whose commit took place without a word of it is accepted, another of its id is not`,
    { skip },
    async (t) => {
      const { engine, messages, accepted } = await openWithMail(t, open);
      await Promise.all([messages.accept(accepted), messages.accept(mailToTwo())]);
      await assert.rejects(
        messages.accept(mailToTwo({ messageId: accepted.messageId })),
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
      const { engine, timeline, messages } = await openTimeline(t, open);
      for (let round = 0; round < 8; round++) {
        const accepted = mailToTwo({ source: 'snippet' });
        await messages.accept(accepted);
        const opened = accepted.deliveries.map(({ id }) =>
          timeline.recordHits([nextHit(id, { at: START + 3_600_000 })]),
        );
        const times = await Promise.all(
          [1, 2, 3, 4].map((at) => messages.markSent(WORKSPACE, accepted.messageId, START + at)),
        );
        await Promise.all(opened);
        assert.equal(new Set(times).size, 1);
        for (const { id } of accepted.deliveries) {
          assert.equal((await deliveryOf(engine, id)).sent_at, times[0]);
          assert.equal((await eventsOf(engine, id)).filter(({ type }) => type === 'relayed').length, 1);
        }
      }
    },
  );

  test(
    `${name}: whatever is told of a delivery at the same moment, its row says what all its events say`,
    { skip },
    async (t) => {
      const { engine, timeline, messages, setNow } = await openTimeline(t, open);
      const store = new KyselyTimelineStore(engine, () => START + 86_400_000);
      const accepted = Array.from({ length: 12 }, () => mailToTwo());
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
        () => timeline.recordHits([nextHit(id, { at: START + 300_000 })]),
        () =>
          timeline.recordHits([nextHit(id, { at: START + 40_000, headers: { 'user-agent': 'curl/8.5.0' } })]),
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
    `${name}: facts of one delivery at the same moment see each other, whichever comes first`,
    { skip },
    async (t) => {
      const { engine, timeline, first } = await openWithMail(t, open);
      const told = (type: 'relayed' | 'delivered', transport: 'sent' | 'delivered') =>
        timeline.recordTransports([
          { deliveryId: first.id, at: START + 5, type, transport, reasons: [], source: `test:${type}` },
        ]);
      await Promise.all([
        told('delivered', 'delivered'),
        told('relayed', 'sent'),
        told('relayed', 'sent'),
        timeline.recordHits([nextHit(first.id)]),
      ]);
      const types = (await eventsOf(engine, first.id)).map(({ type }) => type);
      assert.deepEqual(types.toSorted(), ['accepted', 'delivered', 'opened', 'relayed']);
      const row = await deliveryOf(engine, first.id);
      assert.equal(row.transport, 'delivered');
      assert.equal(row.sent_at, START + 5);
      assert.notEqual(row.last_sign_at, null);
      assert.notEqual(row.verdict_state, 'delivered');
    },
  );
}
