import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deliveryRecord } from '../../test/support/delivery-record.ts';
import { CHROME, homeLookup } from '../../test/support/home-reader.ts';
import { judge, judgeAlone, MEETING_MS, type Lookup, type Observation } from '../truth/truth.ts';
import { observe } from './observe.ts';
import { areAlone, openingsOf, restOf } from './past.ts';
import type { DeliveryRecord, StoredHit } from './timeline-store.ts';

/** Hits that are said to be alone are judged as they are with all others, and change nothing of these. */

const SENT = Date.UTC(2026, 10, 23, 12);
const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.1';
const AGENTS = [CHROME, CHROME, THUNDERBIRD, 'Barracuda Sentinel (EE)', 'curl/8.1'];
const HOMES = ['91.10.10.10', '91.10.10.11'];
const DATA_CENTRE = '198.51.100.9';
const lookup: Lookup = {
  ...homeLookup,
  network: (ip) => (ip === DATA_CENTRE ? { kind: 'hosting', owner: 'Rechnerhof' } : homeLookup.network(ip)),
};

const someHit = fc.record({
  gap: fc.constantFrom(0, 300, 1_999, 2_000, 2_001, 4_000, 9_000, 11_000, 19_000, 61_000, 400_000),
  isLate: fc.boolean(),
  kind: fc.constantFrom('open' as const, 'click' as const, 'click' as const),
  method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD'),
  agent: fc.constantFrom(0, 0, 0, 0, 1, 2, 2, 2, 3, 4),
  link: fc.constantFrom(1, 1, 1, 1, 2, 3, 4, 5, 6),
  ip: fc.constantFrom(...HOMES, HOMES[0], HOMES[0], DATA_CENTRE, undefined),
});
/** Link after link. */
const step = fc.record({
  gap: fc.constantFrom(2_001, 2_400),
  isLate: fc.constant(false),
  kind: fc.constant('click' as const),
  method: fc.constant('GET'),
  agent: fc.constant(0),
  link: fc.constantFrom(1, 2, 3, 4, 5, 6, 7),
  ip: fc.constant(HOMES[0]),
});
const someHits = (maxLength: number, minLength = 0) =>
  fc.oneof(
    { arbitrary: fc.array(someHit, { minLength, maxLength }), weight: 4 },
    { arbitrary: fc.array(step, { minLength, maxLength }), weight: 1 },
  );
interface SomeHit {
  gap: number;
  isLate: boolean;
  kind: 'open' | 'click';
  method: string;
  agent: number;
  link: number;
  ip: string | undefined;
}

function hitsOf(some: readonly SomeHit[]): StoredHit[] {
  let at = SENT + 1_000;
  return some.map(({ gap, isLate, kind, method, agent, link, ip }, seq) => {
    at += gap;
    return {
      epoch: 'e',
      seq,
      // Of another listener's log, and read a moment later.
      at: isLate ? at - 1_500 : at,
      kind,
      method,
      ...(kind === 'click' ? { linkIndex: link } : {}),
      ...(ip === undefined ? {} : { ip }),
      headers: { 'user-agent': AGENTS[agent] ?? '' },
      mode: 'full',
    };
  });
}

function recordOf(hits: StoredHit[]): DeliveryRecord {
  return deliveryRecord({
    createdAt: SENT,
    sentAt: SENT,
    linkCount: 2,
    hits: hits.toSorted((a, b) => a.at - b.at),
  });
}

const observed = (hits: readonly StoredHit[], record: DeliveryRecord): Observation[] =>
  hits.map((hit) => observe(hit, record, new Set(), {}));

function judgedWithAll(hits: readonly StoredHit[]) {
  const sorted = hits.toSorted((a, b) => a.at - b.at);
  const judgements = judge(observed(sorted, recordOf([])), lookup);
  return new Map(sorted.map((hit, index) => [hit.seq, judgements[index]]));
}

/** @returns whether they were alone */
function compare(record: DeliveryRecord, before: readonly StoredHit[], fresh: readonly StoredHit[]): boolean {
  if (!areAlone(record, fresh)) return false;
  const openings = openingsOf(record, lookup) ?? [];
  const sorted = fresh.toSorted((a, b) => a.at - b.at);
  const alone = judgeAlone(observed(sorted, record), lookup, openings);
  const all = judgedWithAll([...before, ...fresh]);
  sorted.forEach((hit, index) => assert.deepEqual(alone[index], all.get(hit.seq)));
  const unchanged = judgedWithAll(before);
  for (const { seq } of before) assert.deepEqual(all.get(seq), unchanged.get(seq));
  return true;
}

test('hits that are alone are judged as with all others, which stay what they were', () => {
  let alone = 0;
  fc.assert(
    fc.property(someHits(14), someHits(3, 1), (old, late) => {
      const hits = hitsOf([...old, ...late]);
      const before = hits.slice(0, old.length);
      if (compare(recordOf(before), before, hits.slice(old.length))) alone += 1;
    }),
    { numRuns: 6_000 },
  );
  assert.ok(alone > 300, `only ${alone} were alone`);
});

test('the same when little is left of those before', () => {
  const calm = fc.record({
    ...calmParts(),
    gap: fc.constantFrom(2_500, 2_500, 2_500, 1_000, 9_000, 21_000, 61_000),
  });
  let alone = 0;
  fc.assert(
    fc.property(
      fc.array(calm, { minLength: 13, maxLength: 30 }),
      someHits(3, 1),
      fc.constantFrom(0, 0, 5_000, 15_000, 40_000),
      fc.boolean(),
      (old, late, delay, isWritten) => {
        const hits = hitsOf([...old, ...late]);
        const before = hits.slice(0, old.length);
        const whole = recordOf(before);
        const rest = restOf(whole, lookup);
        if (rest === undefined) return;
        assert.ok(rest.hits.length < before.length);
        const fresh = hits.slice(old.length).map((hit) => ({ ...hit, at: hit.at - delay }));
        // What is written is read with the hits that these need.
        const needed = Math.min(rest.past.since, ...fresh.map(({ at }) => at - MEETING_MS));
        const read = { hits: before.filter(({ at }) => at >= needed), past: { ...rest.past, since: needed } };
        if (compare({ ...whole, ...rest, ...(isWritten ? read : {}) }, before, fresh)) alone += 1;
      },
    ),
    { numRuns: 3_000 },
  );
  assert.ok(alone > 100, `only ${alone} were alone`);

  function calmParts() {
    return {
      isLate: fc.constant(false),
      kind: fc.constantFrom('open' as const, 'click' as const),
      method: fc.constant('GET'),
      agent: fc.constantFrom(0, 2, 4),
      link: fc.constantFrom(1, 1, 1, 2, 3, 4),
      ip: fc.constantFrom(...HOMES, DATA_CENTRE, undefined),
    };
  }
});

test('a fifth link is no calm click, though the others were followed before what is at hand', () => {
  const followed = (link: number, gap: number): SomeHit => ({
    gap,
    isLate: false,
    kind: 'click',
    method: 'GET',
    agent: 0,
    link,
    ip: HOMES[0],
  });
  const older = Array.from({ length: 10 }, () => followed(1, 60_000));
  const tour = [1, 2, 3, 4].map((link) => followed(link, 2_400));
  const hits = hitsOf([...older, ...tour, followed(5, 2_400), followed(4, 0)]);
  const [fifth, again] = hits.splice(-2);
  assert.ok(fifth !== undefined && again !== undefined);
  const whole = recordOf(hits);
  const rest = restOf(whole, lookup);
  assert.ok(rest !== undefined && rest.hits.length < tour.length);
  assert.equal(areAlone({ ...whole, ...rest }, [fifth]), false);
  assert.equal(areAlone({ ...whole, ...rest }, [again]), true);
});
