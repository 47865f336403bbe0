import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WorkspaceId } from '../kernel/ids.ts';
import { DenySet, type DenyEntry } from './deny-set.ts';

const ONE = 1 as WorkspaceId;
const TWO = 2 as WorkspaceId;
const A = 'aa'.repeat(16);
const B = 'bb'.repeat(16);

function denySet(...entries: DenyEntry[]): DenySet {
  const set = new DenySet();
  set.apply(entries);
  return set;
}

test('a denied delivery is silent, its neighbours and other workspaces are not', () => {
  const set = denySet({ version: 1, kind: 'delivery', workspaceId: ONE, target: A, effect: 'silent' });
  assert.equal(set.isSilent({ workspaceId: ONE, subject: A }), true);
  assert.equal(set.isSilent({ workspaceId: ONE, subject: B }), false);
  assert.equal(set.isSilent({ workspaceId: TWO, subject: A }), false);
  assert.equal(set.isBlocked(ONE), false);
});

test('a disabled workspace is silent as a whole, and only `block` warns on its links', () => {
  const set = denySet(
    { version: 1, kind: 'workspace', workspaceId: ONE, target: '1', effect: 'silent' },
    { version: 2, kind: 'workspace', workspaceId: TWO, target: '', effect: 'block' },
  );
  assert.equal(set.isSilent({ workspaceId: ONE, subject: A }), true);
  assert.equal(set.isBlocked(ONE), false);
  assert.equal(set.isSilent({ workspaceId: TWO, subject: A }), true);
  assert.equal(set.isBlocked(TWO), true);
});

test('`allow` withdraws, and an older entry that comes late does not revive', () => {
  const set = denySet({ version: 5, kind: 'delivery', workspaceId: ONE, target: A, effect: 'silent' });
  set.apply([{ version: 7, kind: 'delivery', workspaceId: ONE, target: A, effect: 'allow' }]);
  assert.equal(set.isSilent({ workspaceId: ONE, subject: A }), false);
  set.apply([{ version: 5, kind: 'delivery', workspaceId: ONE, target: A, effect: 'silent' }]);
  assert.equal(set.isSilent({ workspaceId: ONE, subject: A }), false);
  assert.equal(set.version, 7);
});

test('the order and the number of times that entries arrive do not matter', () => {
  const entry: fc.Arbitrary<Omit<DenyEntry, 'version'>> = fc.record({
    kind: fc.constantFrom<DenyEntry['kind']>('delivery', 'message', 'workspace'),
    workspaceId: fc.constantFrom(ONE, TWO),
    target: fc.constantFrom(A, B),
    effect: fc.constantFrom<DenyEntry['effect']>('silent', 'block', 'allow'),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (drafts, picks) => {
      const entries = drafts.map((draft, n) => ({ ...draft, version: n + 1 }));
      const shuffled = [...entries, ...entries]
        .map((each) => ({ each, key: picks.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }) => each);
      const inOrder = denySet(...entries);
      const mixed = new DenySet();
      for (const each of shuffled) mixed.apply([each]);
      assert.equal(mixed.version, inOrder.version);
      for (const workspaceId of [ONE, TWO]) {
        assert.equal(mixed.isBlocked(workspaceId), inOrder.isBlocked(workspaceId));
        for (const subject of [A, B]) {
          assert.equal(mixed.isSilent({ workspaceId, subject }), inOrder.isSilent({ workspaceId, subject }));
        }
      }
    }),
  );
});
