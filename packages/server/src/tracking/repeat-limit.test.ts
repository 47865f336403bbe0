import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../kernel/ids.ts';
import { RepeatLimit } from './repeat-limit.ts';
import type { TokenClaims } from './token.ts';

const claims: TokenClaims = {
  workspaceId: 7 as WorkspaceId,
  subject: 'ab'.repeat(16),
  linkIndex: 0,
  mode: 'full',
};

function request(at: number, change: { ip?: string; agent?: string } = {}) {
  return {
    at,
    method: 'GET',
    ip: change.ip ?? '192.0.2.1',
    headers: { 'user-agent': change.agent ?? 'Mail/1.0' },
  };
}

function admitted(limit: RepeatLimit, count: number, at: number, of = claims): number {
  return Array.from({ length: count }, () => limit.isTooMany(request(at), of)).filter((tooMany) => !tooMany)
    .length;
}

test('one source on one token has a burst and then its rate; others are not touched by it', () => {
  const limit = new RepeatLimit(60);
  assert.equal(admitted(limit, 1_000, 0), 300);
  assert.equal(admitted(limit, 1_000, 10_000), 10);
  assert.equal(limit.isTooMany(request(10_000, { agent: 'Other/1.0' }), claims), false);
  assert.equal(limit.isTooMany(request(10_000, { ip: '192.0.2.2' }), claims), false);
  assert.equal(limit.isTooMany(request(10_000), { ...claims, linkIndex: 1 }), false);
  assert.equal(admitted(limit, 1_000, 3_600_000), 300, 'an hour later all is forgotten');
});

test('many people behind one proxy are no flood: each has a token of their own, or all share one', () => {
  const limit = new RepeatLimit(60);
  for (let n = 0; n < 20_000; n++) {
    const subject = n.toString(16).padStart(32, '0');
    assert.equal(limit.isTooMany(request(n), { ...claims, subject }), false);
  }
  assert.equal(admitted(limit, 20_000, 0, { ...claims, mode: 'aggregate' }), 20_000);
});

test('a clock that is set back neither blocks nor opens anything, 0 is no limit, and memory is bounded', () => {
  const limit = new RepeatLimit(60);
  assert.equal(admitted(limit, 1_000, 86_400_000), 300);
  assert.equal(admitted(limit, 10, 0), 0);
  assert.equal(admitted(limit, 10, 5_000), 5);
  assert.equal(admitted(new RepeatLimit(0), 5_000, 0), 5_000);
  // The flood of yesterday is forgotten when enough others came, and not before.
  for (let n = 0; n < 60_000; n++)
    limit.isTooMany(request(5_000, { ip: `2001:db8::${n.toString(16)}` }), claims);
  assert.equal(admitted(limit, 10, 5_000), 0);
  for (let n = 0; n < 120_000; n++)
    limit.isTooMany(request(5_000, { ip: `2001:db8:1::${n.toString(16)}` }), claims);
  assert.equal(admitted(limit, 1_000, 5_000), 300);
});

test('programs on this machine are no flood, and an agent of any length takes little memory', () => {
  const limit = new RepeatLimit(60);
  for (const ip of ['127.0.0.1', '127.8.0.1', '::1']) {
    for (let n = 0; n < 1_000; n++) assert.equal(limit.isTooMany(request(0, { ip }), claims), false);
  }
  const tail = 'x'.repeat(15_000);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 20_000; n++)
    limit.isTooMany(request(0, { agent: Buffer.from(`${n} ${tail}`).toString('latin1') }), claims);
  const grownBytes = process.memoryUsage().heapUsed - before;
  assert.ok(grownBytes < 150_000_000, `${grownBytes} bytes for 20,000 sources`);
});
