import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import type { LoggedHit } from '../tracking/tracking.ts';
import { HitProcessor } from './hit-processor.ts';
import { cursorsAfter, wantOf } from './logged-hits.ts';
import type { PreparedHits, Timeline } from './timeline.ts';

const SIZE = 10;

/** A log of so many hits, and a timeline that stores what it is given behind its cursor, unless it fails. */
function bench(count: number) {
  const log = Array.from({ length: count }, (_, n): LoggedHit => ({
    epoch: 'e',
    seq: n + 1,
    at: 0,
    kind: 'open',
    method: 'GET',
    workspaceId: 1 as WorkspaceId,
    subject: 'd',
    mode: 'full',
    headers: {},
  }));
  const stored: number[] = [];
  const fails = { writes: 0, settles: 0 };
  let cursors = new Map<string, number>();
  const done = Promise.withResolvers<void>();
  const timeline: Pick<
    Timeline,
    'cursors' | 'prepareHits' | 'takeHits' | 'settlePlainly' | 'dueForSettling' | 'settleAnew'
  > = {
    cursors: async () => new Map(cursors),
    prepareHits: (hits): PreparedHits => ({ hits, want: wantOf(hits), ahead: undefined }),
    takeHits: async ({ hits }, after = new Map()) => {
      const write = async (): Promise<void> => {
        await Promise.resolve();
        if (fails.writes-- > 0) throw new Error('the disk is full');
        if (after.get('e') !== cursors.get('e')) throw new Error('another cursor');
        cursors = cursorsAfter(hits, after);
        stored.push(...hits.map(({ seq }) => seq));
        if (stored.length === count) done.resolve();
      };
      return { written: write() };
    },
    settlePlainly: async () => {
      if (fails.settles-- > 0) throw new Error('the disk is full');
      return 0;
    },
    dueForSettling: async () => [],
    settleAnew: async () => {},
  };
  const processor = new HitProcessor(
    {
      source: {
        read: async (behind, limit) => log.filter(({ seq }) => seq > (behind.get('e') ?? 0)).slice(0, limit),
        backlog: async () => 0,
        trim: async () => {},
        close: async () => {},
      },
      timeline: timeline as Timeline,
      clock: () => 0,
      logger: silentLogger,
    },
    { batchSize: SIZE, pollMs: 1, retryMs: 1 },
  );
  return { processor, stored, fails, done: done.promise };
}

for (const [title, count] of [
  ['few hits', SIZE - 3],
  ['many hits', SIZE * 7 + 3],
] as const) {
  test(`${title} whose batch could not be written are read again, and nothing behind them is passed over`, async () => {
    const { processor, stored, fails, done } = bench(count);
    fails.writes = 2;
    fails.settles = 1;
    processor.start();
    await done;
    await processor.stop();
    assert.deepEqual(
      stored,
      Array.from({ length: count }, (_, n) => n + 1),
    );
    assert.ok(processor.metrics().failures >= 1, `${processor.metrics().failures}`);
  });
}

test('who waits for what is durable is told when that is on its timeline', async () => {
  const { processor, stored } = bench(SIZE * 4);
  const caughtUp = processor.caughtUp(60_000);
  processor.start();
  await caughtUp;
  assert.equal(stored.length, SIZE * 4);
  await processor.stop();
});
