import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeliveryId, WorkspaceId } from '../../src/kernel/ids.ts';
import { Timeline, type TimelineStore } from '../../src/messages/messages.ts';
import { openSqlite, type Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { CHROME, homeLookup } from '../support/home-reader.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { copiesFor, loggedHit, trackedMail } from '../support/tracked-mail.ts';

/**
 * What is remembered of deliveries between batches changes nothing of what is found: in memory, as it is written down, and not
 * at all.
 */

const START = Date.UTC(2026, 10, 23, 12);
const WORKSPACE = 7 as WorkspaceId;
const COPIES = 2;
const AGENTS = [CHROME, 'Barracuda Sentinel (EE)', 'curl/8.1'];
const SOURCES = ['91.10.10.10', '91.10.10.11', '198.51.100.9'];

interface Step {
  copy: number;
  kind: 'open' | 'click';
  source: number;
  gapMs: number;
  /** Another listener's, read so much later than it came. */
  lateMs: number;
  agent: number;
  link: number;
  /** Before it the sender signs in from this source. */
  senderFrom: number | undefined;
  /** With it a batch ends. */
  ends: boolean;
}

const calm = fc.record({
  copy: fc.nat(COPIES - 1),
  kind: fc.constantFrom('open' as const, 'open' as const, 'click' as const),
  source: fc.nat(SOURCES.length - 1),
  gapMs: fc.constantFrom(100, 900, 1_500, 4_000, 25_000),
  lateMs: fc.constantFrom(0, 0, 0, 0, 3_000, 30_000),
  agent: fc.constantFrom(0, 2),
  link: fc.constant(1),
  senderFrom: fc.constant(undefined),
  ends: fc.boolean(),
});
const other = fc.record({
  copy: fc.nat(COPIES - 1),
  kind: fc.constantFrom('open' as const, 'click' as const),
  source: fc.nat(SOURCES.length - 1),
  gapMs: fc.constantFrom(100, 400, 1_500, 20_000),
  lateMs: fc.constant(0),
  agent: fc.nat(AGENTS.length - 1),
  link: fc.constantFrom(1, 2, 3),
  senderFrom: fc.constantFrom(undefined, undefined, 0, 1),
  ends: fc.boolean(),
});
/** Until little of what was is remembered, and then what has to be compared with it. */
const steps = fc
  .array(fc.tuple(fc.array(calm, { minLength: 12, maxLength: 40 }), fc.array(other, { maxLength: 6 })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.flat(2));

interface Side {
  engine: Engine;
  ids: DeliveryId[];
  timeline: Timeline;
  forgetsWritten: boolean;
}

async function side(file: string, remembers: 'all' | 'written' | 'nothing'): Promise<Side> {
  const engine = await openSqlite(file);
  const deliveries = copiesFor(Array.from({ length: COPIES }, (_, n) => `reader${n}@example.net`));
  const links = [1, 2, 3].map((index) => ({ index, url: `https://example.org/${index}` }));
  await new KyselyMessageStore(engine).accept(
    trackedMail({ workspaceId: WORKSPACE, createdAt: START, deliveries, links }),
  );
  const clock = () => now;
  const store = new KyselyTimelineStore(engine, clock);
  const timeline = new Timeline({
    store: remembers === 'all' ? store : forgetful(store, () => new KyselyTimelineStore(engine, clock)),
    lookup: homeLookup,
    clock,
  });
  const ids = deliveries.map(({ id }) => id);
  return { engine, ids, timeline, forgetsWritten: remembers === 'nothing' };
}

/** Asks another one each time. */
function forgetful(store: TimelineStore, another: () => TimelineStore): TimelineStore {
  return new Proxy(store, {
    get: (_, name: keyof TimelineStore) => {
      const fresh = another();
      return fresh[name].bind(fresh);
    },
  });
}

let now = START;

function hitOf(step: Step, n: number, ids: readonly DeliveryId[]): LoggedHit {
  const { link } = step;
  return loggedHit({
    seq: n + 1,
    at: now - step.lateMs,
    workspaceId: WORKSPACE,
    subject: ids[step.copy] ?? '',
    ip: SOURCES[step.source] ?? '',
    headers: { 'user-agent': AGENTS[step.agent] ?? '' },
    ...(step.kind === 'click' ? { kind: 'click', linkIndex: link, url: `https://example.org/${link}` } : {}),
  });
}

async function play(all: readonly Step[], { engine, ids, timeline, forgetsWritten }: Side): Promise<number> {
  let written = 0;
  now = START + 10_000;
  let batch: LoggedHit[] = [];
  const end = async (): Promise<void> => {
    await timeline.recordHits(batch);
    batch = [];
    const pasts = await engine.db
      .selectFrom('deliveries')
      .select('past')
      .where('past', 'is not', null)
      .execute();
    written += pasts.length;
    if (forgetsWritten) await engine.db.updateTable('deliveries').set({ past: null }).execute();
  };
  for (const [n, step] of all.entries()) {
    now += step.gapMs;
    if (step.senderFrom !== undefined) {
      await end();
      await engine.db
        .insertInto('sender_addresses')
        .values({ workspace_id: WORKSPACE, ip: SOURCES[step.senderFrom] ?? '', seen_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    batch.push(hitOf(step, n, ids));
    if (step.ends) await end();
  }
  await end();
  return written;
}

/** Without ids, which are each side's own. */
async function found({ engine, ids }: Side) {
  const columns = ['source', 'at', 'type', 'actor', 'confidence', 'reasons', 'requests'] as const;
  const verdict = [
    'verdict_state',
    'verdict_confidence',
    'verdict_reasons',
    'settle_at',
    'last_sign_at',
    'settles_plainly',
  ] as const;
  return Promise.all(
    ids.map(async (id) => ({
      events: await engine.db
        .selectFrom('events')
        .select(columns)
        .where('delivery_id', '=', id)
        .where('source', 'like', 'hit:%')
        .orderBy('source')
        .execute(),
      verdict: await engine.db.selectFrom('deliveries').select(verdict).where('id', '=', id).execute(),
    })),
  );
}

test('what is remembered of deliveries that are hit often changes no event and no verdict', async () => {
  await using directory = await temporaryDirectory();
  let run = 0;
  let written = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      run += 1;
      const sides = [
        await side(join(directory.path, `${run}-all.db`), 'all'),
        await side(join(directory.path, `${run}-written.db`), 'written'),
        await side(join(directory.path, `${run}-nothing.db`), 'nothing'),
      ] as const;
      try {
        for (const each of sides) written += await play(all, each);
        const [first, ...rest] = await Promise.all(sides.map(found));
        for (const each of rest) assert.deepEqual(each, first);
      } finally {
        for (const { engine } of sides) await engine.db.destroy();
      }
    }),
    { numRuns: 20 },
  );
  assert.ok(written > 20, `what stands for others was written down ${written} times`);
});
