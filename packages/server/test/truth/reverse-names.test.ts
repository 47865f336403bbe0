import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { SystemReverseNames } from '../../src/storage/reverse-names.ts';

/** Answers by name; a name that is not there is never answered. `undefined` says that there is no such name. */
type Zone = Readonly<Record<string, { type: 'PTR'; name: string } | { type: 'A'; ip: string } | undefined>>;

const TYPES = { PTR: 12, A: 1 } as const;

async function nameServer(t: TestContext, zone: Zone): Promise<{ server: string; asked: string[] }> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    const { name, end } = nameAt(question, 12);
    asked.push(name);
    if (!(name in zone)) return;
    socket.send(answer(question.subarray(0, end + 4), zone[name]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { server: `127.0.0.1:${socket.address().port}`, asked };
}

function nameAt(packet: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

/** RFC 1035, section 4.1: the question again, and one record that points to its name. */
function answer(question: Buffer, record: Zone[string]): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(record === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(record === undefined ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  if (record === undefined) return head;
  const data = record.type === 'A' ? Buffer.from(record.ip.split('.').map(Number)) : encodedName(record.name);
  const fixed = Buffer.from([
    0xc0,
    12,
    0,
    TYPES[record.type],
    0,
    1,
    0,
    0,
    0,
    60,
    data.length >> 8,
    data.length & 255,
  ]);
  return Buffer.concat([head, fixed, data]);
}

function encodedName(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);
}

test('a host name counts when it leads back to the address', async (t) => {
  const { server } = await nameServer(t, {
    '10.144.231.67.in-addr.arpa': { type: 'PTR', name: 'mx0a.pphosted.com' },
    'mx0a.pphosted.com': { type: 'A', ip: '67.231.144.10' },
  });
  const names = new SystemReverseNames({ servers: [server] });
  assert.deepEqual(await names.confirmed('67.231.144.10'), ['mx0a.pphosted.com']);
});

test('anybody can give their address any name: one that leads elsewhere does not count', async (t) => {
  const { server } = await nameServer(t, {
    '7.100.51.198.in-addr.arpa': { type: 'PTR', name: 'mx0a.pphosted.com' },
    'mx0a.pphosted.com': { type: 'A', ip: '67.231.144.10' },
  });
  const names = new SystemReverseNames({ servers: [server] });
  assert.deepEqual(await names.confirmed('198.51.100.7'), []);
});

test('no name, and no answer in time, are no names', async (t) => {
  const { server, asked } = await nameServer(t, { '8.100.51.198.in-addr.arpa': undefined });
  const names = new SystemReverseNames({ servers: [server], timeoutMs: 150 });
  assert.deepEqual(await names.confirmed('198.51.100.8'), []);
  assert.deepEqual(await names.confirmed('198.51.100.9'), []);
  assert.ok(asked.includes('9.100.51.198.in-addr.arpa'));
});
