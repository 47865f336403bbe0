import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toObjects } from './row-objects.ts';

test('values become rows by the names of their columns, and rows share nothing', () => {
  const rows = toObjects(
    ['id', 'a "quoted" name', 'raw'],
    [
      [1, 'one', null],
      [2, null, new Uint8Array([7])],
    ],
  );
  assert.deepEqual(rows, [
    { id: 1, 'a "quoted" name': 'one', raw: null },
    { id: 2, 'a "quoted" name': null, raw: new Uint8Array([7]) },
  ]);
  assert.deepEqual(toObjects(['id'], []), []);
});

test('of two columns with one name the later one counts', () => {
  assert.deepEqual(toObjects(['id', 'id'], [[1, 2]]), [{ id: 2 }]);
});
