import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopbackUrl, wayOut } from './way-out.ts';

test('the way out follows from smarthost, tracking address and demo mode, in all eight combinations', () => {
  const of = (smarthost: boolean, publicUrlIsLoopback: boolean, demo: boolean) =>
    wayOut({ smarthost, publicUrlIsLoopback, demo });
  assert.equal(of(true, false, false), 'smarthost');
  assert.equal(of(true, false, true), 'smarthost');
  assert.equal(of(true, true, false), 'smarthost-untouched');
  assert.equal(of(true, true, true), 'smarthost-untouched');
  assert.equal(of(false, true, false), 'capture');
  assert.equal(of(false, true, true), 'capture');
  assert.equal(of(false, false, true), 'capture');
  assert.equal(of(false, false, false), 'refuse');
});

test('loopback is recognised in every spelling, and nothing else is', () => {
  for (const url of [
    'http://127.0.0.1:8425',
    'http://127.8.9.1',
    'http://localhost:8425/t',
    'http://track.localhost',
    'http://LOCALHOST.',
    'http://[::1]:8425',
    'http://[::ffff:127.0.0.1]:1',
    'http://2130706433',
  ]) {
    assert.equal(isLoopbackUrl(url), true, url);
  }
  for (const url of [
    'https://track.example.org',
    'http://192.168.1.5',
    'http://127.0.0.1.example.org',
    'http://localhost.example.org',
    'http://[2001:db8::1]',
  ]) {
    assert.equal(isLoopbackUrl(url), false, url);
  }
});
