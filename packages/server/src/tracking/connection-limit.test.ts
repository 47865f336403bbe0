import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { networkList } from './client-address.ts';
import { ConnectionLimit } from './connection-limit.ts';

/** Connected to nothing; it ends when it is destroyed. */
function from(address: string): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
}

function limitOf(
  limits: { maxConnections: number; maxConnectionsPerAddress: number },
  makeRoom = () => false,
) {
  const asked: (string | undefined)[] = [];
  const limit = new ConnectionLimit({
    limits,
    trusted: networkList(['10.9.0.0/16']),
    makeRoom: (client) => {
      asked.push(client);
      return makeRoom();
    },
  });
  return { limit, asked };
}

test('one client has its share, an IPv6 /64 is one client, and closing gives it back', async () => {
  const { limit } = limitOf({ maxConnections: 100, maxConnectionsPerAddress: 2 });
  const [first, second, third] = ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(from);
  assert.ok(first && second && third);
  assert.deepEqual(
    [first, second, third].map((socket) => limit.admit(socket)),
    [true, true, false],
  );
  assert.equal(limit.admit(from('2001:db8:0:1::1')), true);
  assert.deepEqual(limit.counts, { connections: 3, refused_connections: 1 });
  await new Promise((resolve) => first.once('close', resolve).destroy());
  assert.equal(limit.admit(from('2001:db8::4')), true);
});

test('this machine and trusted proxies are limited only in all', () => {
  const { limit } = limitOf({ maxConnections: 6, maxConnectionsPerAddress: 1 });
  const addresses = ['127.0.0.1', '127.0.0.1', '::ffff:127.0.0.1', '10.9.8.7', '10.9.8.7', '::1', '::1'];
  assert.deepEqual(
    addresses.map((address) => limit.admit(from(address))),
    [true, true, true, true, true, true, false],
  );
});

test('idle connections make room, of the same client when it is the client that has too many', () => {
  const { limit, asked } = limitOf({ maxConnections: 3, maxConnectionsPerAddress: 2 }, () => true);
  for (let n = 0; n < 3; n++) assert.equal(limit.admit(from('192.0.2.1')), true);
  assert.equal(limit.admit(from('192.0.2.2')), true);
  assert.deepEqual(asked, ['192.0.2.1', undefined]);
});
