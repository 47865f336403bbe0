import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { DAY_MS } from '../kernel/clock.ts';
import { systemRandom } from '../kernel/ids.ts';
import { selfSigned } from './self-signed.ts';

const NOW = Date.now();

function make(
  names: [string, ...string[]] = ['mail.example.org', 'localhost', '127.0.0.1', '::1', '2001:db8::a:1'],
) {
  return selfSigned({ names, validFrom: NOW - DAY_MS, validTo: NOW + 365 * DAY_MS, random: systemRandom });
}

test('the certificate says what was asked for, and its key signed it', () => {
  const { cert, key } = make();
  const read = new X509Certificate(cert);
  assert.equal(read.subject, 'CN=mail.example.org');
  assert.equal(read.issuer, read.subject);
  assert.equal(read.verify(read.publicKey), true);
  assert.match(key, /BEGIN PRIVATE KEY/);
  assert.equal(read.ca, false);
  assert.equal(read.checkHost('mail.example.org'), 'mail.example.org');
  assert.equal(read.checkHost('other.example.org'), undefined);
  assert.equal(read.checkIP('127.0.0.1'), '127.0.0.1');
  assert.ok(read.checkIP('::1'));
  assert.ok(read.checkIP('2001:db8::a:1'));
  assert.equal(read.checkIP('2001:db8::a:2'), undefined);
  assert.equal(Math.round((read.validToDate.getTime() - NOW) / DAY_MS), 365);
  assert.notEqual(new X509Certificate(make().cert).serialNumber, read.serialNumber);
});

test('a time after 2049 is written in four digits', () => {
  const validTo = Date.UTC(2060, 0, 2, 3, 4, 5);
  const { cert } = selfSigned({ names: ['a.test'], validFrom: NOW, validTo, random: systemRandom });
  assert.equal(new X509Certificate(cert).validToDate.getTime(), validTo);
});

test('a client that trusts the certificate completes a TLS handshake, one that does not refuses', async () => {
  const { cert, key } = make(['localhost', '127.0.0.1']);
  const server = tls.createServer({ cert, key }, (socket) => socket.end('hello'));
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const trusting = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: cert });
    await once(trusting, 'secureConnect');
    assert.equal(trusting.authorized, true);
    trusting.destroy();
    const wary = tls.connect({ port, host: '127.0.0.1', servername: 'localhost' });
    const [error] = (await once(wary, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  } finally {
    server.close();
  }
});
