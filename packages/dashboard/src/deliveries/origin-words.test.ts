import assert from 'node:assert/strict';
import test from 'node:test';
import { clientName, ownerName, placeName, placePhrase, programName, proxyPhrase } from './origin-words.ts';

test('a place is never named finer than its grain', () => {
  const swiss = { country: 'CH', region: 'Bern', city: 'Thun' };
  assert.equal(placeName({ grain: 'city', ...swiss }), 'Thun, Switzerland');
  assert.equal(placeName({ grain: 'region', ...swiss }), 'Bern, Switzerland');
  assert.equal(placeName({ grain: 'country', ...swiss }), 'Switzerland');
  assert.equal(placeName({ grain: 'unknown', ...swiss }), undefined);
  assert.equal(placePhrase({ grain: 'local-network' }), 'on the local network');
});

test('owners lose their legal form and keep their name', () => {
  assert.equal(ownerName({ owner: 'Google LLC' }), 'Google');
  assert.equal(ownerName({ owner: 'Proofpoint, Inc.' }), 'Proofpoint');
  assert.equal(ownerName({ owner: 'AG' }), 'AG');
  assert.equal(ownerName({}), undefined);
});

test('a proxy is named with its owner where that is known', () => {
  assert.equal(proxyPhrase({ kind: 'image-proxy', owner: 'Google LLC' }), 'behind Google’s image proxy');
  assert.equal(proxyPhrase({ kind: 'privacy-relay' }), 'behind a privacy relay');
  assert.equal(proxyPhrase({ kind: 'access', owner: 'Swisscom AG' }), undefined);
});

test('a timeline tells the version, a sentence does not', () => {
  const chrome = { name: 'Chrome', version: '142.0.0.0', os: 'Linux' };
  assert.equal(clientName(chrome), 'Chrome 142 on Linux');
  assert.equal(programName(chrome), 'Chrome on Linux');
  assert.equal(clientName({ name: 'Unknown', os: 'Linux' }), undefined);
});

test('an owner named after its proxy or relay is not given another one', () => {
  assert.equal(
    proxyPhrase({ owner: 'Google image proxy', kind: 'image-proxy' }),
    'behind Google image proxy',
  );
  assert.equal(
    proxyPhrase({ owner: 'Apple iCloud Private Relay', kind: 'privacy-relay' }),
    'behind Apple iCloud Private Relay',
  );
});
