import assert from 'node:assert/strict';
import test from 'node:test';
import { badAddress, parseAddresses } from './address-list.ts';

test('addresses are parted at commas, semicolons and line ends', () => {
  assert.deepEqual(parseAddresses('a@x.org, b@x.org; c@x.org\nd@x.org,'), [
    'a@x.org',
    'b@x.org',
    'c@x.org',
    'd@x.org',
  ]);
});

test('a comma within a quoted name parts nothing', () => {
  assert.deepEqual(parseAddresses('"Meier, Ann" <ann@x.org>, Bob <bob@x.org>'), [
    '"Meier, Ann" <ann@x.org>',
    'Bob <bob@x.org>',
  ]);
});

test('what is no address is named', () => {
  assert.equal(badAddress(['ann@x.org', 'Bob <bob@x.org>']), undefined);
  assert.equal(badAddress(['ann@x.org', 'bob']), 'bob');
  assert.equal(badAddress(['Bob <bob>']), 'Bob <bob>');
});
