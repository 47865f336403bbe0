import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedCopy } from './shared-copy.ts';

test('what mail has shown counts more than what the address looks like', () => {
  assert.equal(sharedCopy('parcels@reader.example', 'list-fields')?.code, 'shared-list-fields');
  assert.equal(sharedCopy('parcels@reader.example', 'expanded')?.code, 'shared-expanded');
  assert.equal(sharedCopy('info@reader.example', 'expanded')?.code, 'shared-expanded');
});

test('lists and roles are shared, people are not', () => {
  for (const [address, code] of [
    ['Info@reader.example', 'shared-role'],
    ['support+17@reader.example', 'shared-role'],
    ['parcels-users@reader.example', 'shared-list'],
    ['parcels-l@reader.example', 'shared-list'],
    ['parcels@lists.reader.example', 'shared-list'],
    ['parcels@googlegroups.com', 'shared-list'],
    ['ben@reader.example', undefined],
    ['ben.team@reader.example', undefined],
    ['informatika@reader.example', undefined],
    ['list@', undefined],
    ['anne-marie@reader.example', undefined],
    ['ben@mylists.example', undefined],
  ] as const) {
    assert.equal(sharedCopy(address)?.code, code, address);
  }
});
