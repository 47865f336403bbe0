import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Actor } from '@waybill/sdk';
import { verdictOf } from '../truth/truth.ts';
import { fewEvents, NEWEST_EVENTS } from './few-events.ts';
import type { StoredEvent } from './timeline-store.ts';

const ACTORS: (Actor | undefined)[] = ['human', 'human-via-proxy', 'scanner', 'prefetch', 'self', 'unknown'];

/** As many as are looked at one by one, and as few as are kept where nothing is. */
const newest = fc.constantFrom(NEWEST_EVENTS, 6);

const manyEvents = fc
  .array(
    fc.record({
      type: fc.constantFrom('opened' as const, 'clicked' as const),
      actor: fc.constantFrom(...ACTORS),
      confidence: fc.constantFrom(0.6, 0.75, 0.89, 0.9, 0.95, 0.99),
      pauseMs: fc.nat(5_000),
    }),
    { minLength: NEWEST_EVENTS, maxLength: NEWEST_EVENTS * 3 },
  )
  .map((drafts) => {
    let at = 0;
    return drafts.map(({ type, actor, confidence, pauseMs }, n): StoredEvent => {
      at += 1 + pauseMs;
      return {
        id: String(n),
        at,
        type,
        ...(actor === undefined ? {} : { actor }),
        confidence: actor === 'unknown' ? 0 : confidence,
        reasons: [{ code: `reason-${n}`, text: 'It was so.' }],
        source: `hit:e:${n}`,
        rulesVersion: 1,
      };
    });
  });

test('few events give the verdict that all of them give, also when they become few again and again', () => {
  fc.assert(
    fc.property(manyEvents, fc.boolean(), newest, (events, withReceipt, most) => {
      const receipt: StoredEvent = {
        id: 'receipt',
        at: 5,
        type: 'receipt',
        actor: 'human',
        confidence: 0.85,
        source: 'report:1',
        rulesVersion: 1,
      };
      const all = withReceipt ? [receipt, ...events] : events;
      const now = (all.at(-1)?.at ?? 0) + 1;
      const verdict = (some: readonly StoredEvent[]) => verdictOf({ transport: 'sent', events: some, now });
      assert.deepEqual(verdict(fewEvents(all, most)), verdict(all));
      const half = Math.floor(all.length / 2);
      assert.deepEqual(
        verdict(fewEvents([...fewEvents(all.slice(0, half), most), ...all.slice(half)], most)),
        verdict(all),
      );
      assert.ok(fewEvents(all, most).length <= most + 2 * ACTORS.length + 1);
    }),
    { numRuns: 60 },
  );
});
