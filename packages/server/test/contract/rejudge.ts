import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type WorkspaceId } from '../../src/kernel/ids.ts';
import { run } from '../../src/cli/rejudge.ts';
import { Timeline, rejudge, type PreparedLookup } from '../../src/messages/messages.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyRejudgeStore } from '../../src/storage/rejudge-store.ts';
import { RULES_VERSION } from '../../src/truth/truth.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { CHROME, homeLookup, insertFirstOpenRule } from '../support/home-reader.ts';
import { capturedIo } from '../support/captured-io.ts';
import { copiesFor, loggedHit, trackedMail } from '../support/tracked-mail.ts';
import type { TimelineContract } from './timeline-bench.ts';

const START = Date.UTC(2026, 10, 1, 12);
const NOW = START + 40 * 86_400_000;
const WORKSPACE = 7 as WorkspaceId;
const gateway: PreparedLookup = {
  ...homeLookup,
  network: () => ({ owner: 'Barracuda', kind: 'security-vendor' }),
  ranges: () => ['barracuda'],
};
const quiet = { signal: new AbortController().signal, onProgress: () => {}, pause: async () => {} };
const OLDER = { kind: 'older-rules' } as const;

/** What a re-judgement does on every engine. */
export function testRejudge(name: string, { engine: open, skip }: TimelineContract): void {
  /** `count` deliveries, each opened once by a browser at home. */
  async function setUp(t: TestContext, count: number, hitChanges: Partial<LoggedHit> = {}) {
    const engine = await open();
    t.after(() => engine.db.destroy());
    const store = new KyselyRejudgeStore(engine, () => NOW);
    const timeline = new Timeline({ store, lookup: homeLookup, clock: () => START + 3_600_000 });
    const deliveries = copiesFor(Array.from({ length: count }, (_, n) => `r${n}@example.net`));
    await new KyselyMessageStore(engine).accept(
      trackedMail({ workspaceId: WORKSPACE, createdAt: START, deliveries }),
    );
    const at = START + 600_000;
    await timeline.recordHits(
      deliveries.map(({ id }, index) =>
        loggedHit({ seq: index + 1, at, workspaceId: WORKSPACE, subject: id, ...hitChanges }),
      ),
    );
    const again = (with_: PreparedLookup, changes: Partial<Parameters<typeof rejudge>[1]> = {}) =>
      rejudge({ store, lookup: with_, clock: () => NOW }, { ...quiet, scope: OLDER, ...changes });
    return { engine, store, timeline, deliveries, again };
  }

  async function opened(engine: Engine) {
    return engine.db
      .selectFrom('events')
      .selectAll()
      .where('type', '=', 'opened')
      .orderBy('delivery_id')
      .execute();
  }

  /** As if an older version had called everything a scanner's. */
  async function judgedByOlderRules(engine: Engine) {
    await engine.db
      .updateTable('events')
      .set({ rules_version: 0, actor: 'scanner', confidence: 0.9 })
      .where('type', '=', 'opened')
      .execute();
    await engine.db.updateTable('deliveries').set({ verdict_state: 'loaded' }).execute();
  }

  async function everything(engine: Engine) {
    return [
      await engine.db.selectFrom('events').selectAll().orderBy('id').execute(),
      await engine.db.selectFrom('deliveries').selectAll().orderBy('id').execute(),
      await engine.db.selectFrom('settings').selectAll().orderBy('name').execute(),
    ];
  }

  test(
    `${name}: old judgements follow the current rules, and what changed is counted`,
    { skip },
    async (t) => {
      const { engine, again } = await setUp(t, 3);
      await judgedByOlderRules(engine);
      const before = await opened(engine);
      const result = await again(homeLookup);
      assert.equal(result.finished, true);
      assert.deepEqual([result.deliveries, result.hits], [3, 3]);
      assert.deepEqual(result.verdicts, [
        { from: 'loaded', to: 'read', count: 3, why: [{ code: 'browser', count: 3 }] },
      ]);
      assert.deepEqual(
        result.actors.map(({ from, to, count }) => ({ from, to, count })),
        [{ from: 'scanner', to: 'human', count: 3 }],
      );
      const after = await opened(engine);
      for (const [index, event] of after.entries()) {
        assert.equal(event.actor, 'human');
        assert.equal(event.rules_version, RULES_VERSION);
        assert.ok(event.position > (before[index]?.position ?? 0), 'streams show the change');
      }
    },
  );

  test(`${name}: judging again a second time finds nothing to do and writes nothing`, { skip }, async (t) => {
    const { engine, again } = await setUp(t, 3);
    await judgedByOlderRules(engine);
    await again(homeLookup);
    const before = await everything(engine);
    const second = await again(homeLookup);
    assert.deepEqual([second.deliveries, second.verdicts, second.actors], [0, [], []]);
    assert.deepEqual(await everything(engine), before);
    const asked = await again(homeLookup, { scope: { kind: 'since-time', at: START } });
    assert.deepEqual([asked.deliveries, asked.verdicts, asked.actors], [3, [], []]);
    assert.deepEqual(await everything(engine), before);
  });

  test(`${name}: an interrupted run goes on where it was and counts all of it`, { skip }, async (t) => {
    const { engine, store, again } = await setUp(t, 120);
    await judgedByOlderRules(engine);
    const stop = new AbortController();
    const seen: number[] = [];
    const first = await again(homeLookup, {
      signal: stop.signal,
      onProgress: (done, of) => {
        seen.push(done, of);
        stop.abort();
      },
    });
    assert.equal(first.finished, false);
    assert.ok(first.deliveries > 0 && first.deliveries < 120);
    assert.deepEqual(seen, [first.deliveries, 120]);
    assert.equal((await opened(engine)).filter(({ actor }) => actor === 'human').length, first.deliveries);
    const second = await again(homeLookup);
    assert.equal(second.resumed, true);
    assert.deepEqual([second.finished, second.deliveries], [true, 120]);
    assert.deepEqual(second.verdicts, [
      { from: 'loaded', to: 'read', count: 120, why: [{ code: 'browser', count: 120 }] },
    ]);
    assert.equal(await store.progress(), undefined);
  });

  test(`${name}: --since takes hits by their time or by the rules that judged them`, { skip }, async (t) => {
    const { again } = await setUp(t, 2);
    const at = START + 600_000;
    const deliveries = async (scope: Parameters<typeof rejudge>[1]['scope']) =>
      (await again(homeLookup, { scope })).deliveries;
    assert.equal(await deliveries({ kind: 'since-time', at }), 2);
    assert.equal(await deliveries({ kind: 'since-time', at: at + 1 }), 0);
    assert.equal(await deliveries({ kind: 'since-rules', version: RULES_VERSION }), 2);
    assert.equal(await deliveries({ kind: 'since-rules', version: RULES_VERSION + 1 }), 0);
    assert.equal(await deliveries(OLDER), 0);
  });

  test(`${name}: nobody is notified of what is judged again`, { skip }, async (t) => {
    const { engine, again } = await setUp(t, 1);
    await judgedByOlderRules(engine);
    await insertFirstOpenRule(engine, WORKSPACE, START);
    assert.equal((await again(homeLookup)).verdicts.length, 1);
    assert.equal((await engine.db.selectFrom('outbox').selectAll().execute()).length, 0);
  });

  test(
    `${name}: an address that retention cut short takes a person away but makes none, and no city comes back`,
    { skip },
    async (t) => {
      const { engine, again } = await setUp(t, 1, { ip: '91.10.10.0' });
      const scope = { kind: 'since-time', at: START } as const;
      await again(homeLookup, { scope });
      const [kept] = await opened(engine);
      assert.deepEqual(JSON.parse(kept?.place ?? ''), {
        grain: 'region',
        country: 'DE',
        region: 'Sachsen-Anhalt',
      });
      await again(gateway, { scope });
      assert.equal((await opened(engine))[0]?.actor, 'scanner');
      const result = await again(homeLookup, { scope });
      assert.deepEqual(result.verdicts, []);
      assert.equal((await opened(engine))[0]?.actor, 'scanner');
    },
  );

  test(
    `${name}: what was the sender’s address then stays so, and the sender’s of today is not blamed for old hits`,
    { skip },
    async (t) => {
      const { engine, again } = await setUp(t, 1);
      const scope = { kind: 'since-time', at: START } as const;
      await engine.db
        .insertInto('sender_addresses')
        .values({ workspace_id: WORKSPACE, ip: '91.10.10.10', seen_at: NOW })
        .execute();
      assert.deepEqual((await again(homeLookup, { scope })).actors, []);
      const reasons = JSON.stringify([{ code: 'sender-address', text: 'It may have been you.' }]);
      await engine.db.updateTable('events').set({ actor: 'unknown', confidence: 0, reasons }).execute();
      await engine.db.deleteFrom('sender_addresses').execute();
      await again(homeLookup, { scope });
      assert.notEqual((await opened(engine))[0]?.actor, 'human');
    },
  );

  test(`${name}: hits go on being recorded while old ones are judged again`, { skip }, async (t) => {
    const { engine, timeline, deliveries, again } = await setUp(t, 120);
    await judgedByOlderRules(engine);
    const [first] = deliveries;
    assert.ok(first);
    const late: LoggedHit = {
      epoch: 'epoch-a',
      seq: 1000,
      at: START + 3_000_000,
      kind: 'open',
      method: 'GET',
      workspaceId: WORKSPACE,
      subject: first.id,
      mode: 'full',
      ip: '91.10.10.10',
      headers: { 'user-agent': CHROME },
    };
    const [result] = await Promise.all([again(homeLookup), timeline.recordHits([late])]);
    assert.equal(result.finished, true);
    const events = await opened(engine);
    assert.equal(events.length, 121);
    assert.ok(events.every(({ actor }) => actor === 'human'));
    assert.equal(new Set(events.map(({ position }) => position)).size, 121);
  });

  test(`${name}: waybill rejudge says how many verdicts changed and why`, { skip }, async (t) => {
    const { engine, store } = await setUp(t, 2);
    await judgedByOlderRules(engine);
    const call = async (args: string[]) => {
      const io = capturedIo({}, { now: NOW });
      const status = await run(args, io, {
        open: async () => ({ store, lookup: homeLookup, close: async () => {} }),
      });
      return { status, out: io.out(), err: io.err() };
    };
    const { status, out, err } = await call([]);
    assert.equal(status, 0);
    assert.match(out, /2 hits on 2 deliveries/);
    assert.match(
      out,
      /2 verdicts changed, and what each rests on now:\n {2}loaded → read +2 {2}\(browser 2\)\n/,
    );
    assert.match(out, /scanner → human +2 {2}\(.*browser 2\)|scanner → human +2 {2}\(/);
    assert.equal(err, '', 'no bar where no terminal is');
    const json = JSON.parse((await call(['--json', '--since', '2026-11-01'])).out) as Record<string, unknown>;
    assert.deepEqual([json['finished'], json['deliveries'], json['verdicts']], [true, 2, []]);
    for (const wrong of ['yesterday', '2026', '-1', '']) {
      assert.equal((await call([`--since=${wrong}`])).status, wrong === '2026' ? 0 : 2, wrong);
    }
  });

  test(`${name}: a terminal sees a bar that is gone at the end`, { skip }, async (t) => {
    const { engine, store } = await setUp(t, 2);
    await judgedByOlderRules(engine);
    const io = capturedIo({}, { now: NOW });
    Object.assign(io.stderr, { isTTY: true });
    await run([], io, { open: async () => ({ store, lookup: homeLookup, close: async () => {} }) });
    assert.match(io.err(), /█+ 2 of 2 deliveries\r\u001b\[K$/);
    assert.doesNotMatch(io.out(), /█/);
  });
}
