import assert from 'node:assert/strict';
import test from 'node:test';
import { safeReturn } from './safe-return.ts';

test('a path of this page is kept with its search', () => {
  assert.equal(safeReturn('/deliveries/WB-1?x=1'), '/deliveries/WB-1?x=1');
});

test('another site is never a place to return to', () => {
  for (const back of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '',
  ]) {
    assert.equal(safeReturn(back), undefined, back);
  }
});
