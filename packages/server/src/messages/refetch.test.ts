import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refetchesAmong } from './refetch.ts';
import type { StoredEvent, StoredHit } from './timeline-store.ts';

let seq = 0;
function hit(changes: Partial<StoredHit> = {}): StoredHit {
  seq += 1;
  return {
    epoch: 'e',
    seq,
    at: 10_000,
    kind: 'open',
    method: 'GET',
    ip: '203.0.113.7',
    headers: { 'user-agent': 'Mail/1', accept: '*/*' },
    mode: 'full',
    ...changes,
  };
}
const none = { hits: [], sentAt: 0, events: [] };
const merged = (first: StoredHit, second: StoredHit, delivery: Partial<typeof none> | object = {}): boolean =>
  refetchesAmong({ ...none, ...delivery }, [first, second]).get(second) === `hit:e:${first.seq}`;

test('the same thing fetched again within a second by the same source is a repetition, also of a stored hit', () => {
  assert.ok(merged(hit(), hit({ at: 10_999 })));
  const stored = hit();
  const again = hit({ at: 10_500 });
  assert.equal(refetchesAmong({ ...none, hits: [stored] }, [again]).get(again), `hit:e:${stored.seq}`);
});

test('a second is counted from the first: a program that goes on asking makes an event each second', () => {
  const hits = Array.from({ length: 30 }, (_, n) => hit({ at: 10_000 + n * 100 }));
  const refetches = refetchesAmong(none, hits);
  assert.deepEqual(
    hits.filter((one) => !refetches.has(one)).map(({ at }) => at),
    [10_000, 11_000, 12_000],
  );
});

test('what differs in anything is no repetition, and neither is what came on the other side of sending or an answer', () => {
  const others: Partial<StoredHit>[] = [
    { at: 11_000 },
    { ip: '203.0.113.8' },
    { headers: { 'user-agent': 'Mail/1' } },
    { headers: { 'user-agent': 'Mail/2', accept: '*/*' } },
    { kind: 'click', linkIndex: 1, url: 'https://example.org/' },
    { method: 'HEAD' },
  ];
  for (const other of others) assert.ok(!merged(hit(), hit(other)), JSON.stringify(other));
  const click = { kind: 'click', linkIndex: 1, url: 'https://example.org/a' } as const;
  assert.ok(merged(hit(click), hit(click)));
  assert.ok(!merged(hit(click), hit({ ...click, linkIndex: 2 })));
  assert.ok(!merged(hit(click), hit({ ...click, url: 'https://example.org/b' })));
  assert.ok(!merged(hit({ method: 'HEAD' }), hit({ method: 'HEAD' })));
  assert.ok(!merged(hit(), hit({ at: 10_500 }), { sentAt: 10_500 }));
  const replied: StoredEvent = { id: 'r', at: 10_200, type: 'replied', source: 'report:1', rulesVersion: 1 };
  assert.ok(!merged(hit(), hit({ at: 10_500 }), { events: [replied] }));
});
