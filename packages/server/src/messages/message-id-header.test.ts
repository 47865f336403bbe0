import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUniqueMessageId, readMessageId } from './message-id-header.ts';

const cases: [string | undefined, string | undefined][] = [
  ['<a@b.example>', '<a@b.example>'],
  [' (by hand) <a@b.example> (again)', '<a@b.example>'],
  ['< a@b.example >', '<a@b.example>'],
  ['a@b.example', '<a@b.example>'],
  ['<a@b.example', '<a@b.example>'],
  ['a@b.example>', '<a@b.example>'],
  ['<a@b.example> <c@d.example>', '<a@b.example>'],
  ['Message of Mon, 2 Nov 2026 <a@b.example>', '<a@b.example>'],
  ['<0022>', '<0022>'],
  ['0022', '<0022>'],
  ['20261102-17.abc', '<20261102-17.abc>'],
  ['your mail of Monday', undefined],
  ['none', undefined],
  ['2 November', undefined],
  ['"a b"@c.example d', undefined],
  ['', undefined],
  [undefined, undefined],
];

for (const [value, id] of cases) {
  test(`a message id in ${JSON.stringify(value)}: ${id ?? 'none'}`, () =>
    assert.equal(readMessageId(value), id));
}

test('whatever is read once is read again', () => {
  for (const [, id] of cases) if (id !== undefined) assert.equal(readMessageId(id), id);
  assert.deepEqual([isUniqueMessageId('<a@b.example>'), isUniqueMessageId('<0022>')], [true, false]);
});
