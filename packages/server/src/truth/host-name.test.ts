import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellingSuffix } from './host-name.ts';

test('only names that end in a known one, at a dot, tell anything', () => {
  assert.equal(tellingSuffix('mx0a-00123.pphosted.com'), 'pphosted.com');
  assert.equal(
    tellingSuffix('mail-db8eur05lp2104.outbound.protection.outlook.com.'),
    'protection.outlook.com',
  );
  assert.equal(tellingSuffix('CRAWL-66-249-66-1.googlebot.com'), 'googlebot.com');
  assert.equal(tellingSuffix('google-proxy-66-249-84-1.google.com'), 'google-proxy.google.com');
  for (const name of [
    'evilpphosted.com',
    'pphosted.com.attacker.example',
    'p5b0a0a0a.dip0.t-ipconnect.de',
    'localhost',
    '',
  ])
    assert.equal(tellingSuffix(name), undefined, name);
});
