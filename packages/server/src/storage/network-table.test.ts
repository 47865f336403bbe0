import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../truth/truth.ts';
import { NetworkTable } from './network-table.ts';

/** A table of three IPv4 and two IPv6 ranges, written by the documented layout. */
function content(shift = 0): Buffer {
  const header = JSON.stringify({ builtFrom: 'test', ipv4: 3, ipv6: 2, owners: 3 });
  const padded = Buffer.from(header.padEnd(Math.ceil(header.length / 4) * 4));
  const names = ['', 'Example Telecom', 'Müller Hosting'].map((name) => Buffer.from(name));
  const offsets = [0, 0, 15, 15 + (names[2]?.length ?? 0)];
  const columns = [
    0,
    0xc0000200,
    0xc0000300,
    0,
    1,
    0,
    0,
    0x20010db8,
    0,
    0x10000,
    0,
    2,
    0,
    64500,
    64501,
    ...offsets,
  ];
  const words = Buffer.alloc((columns.length + 1) * 4);
  words.writeUInt32LE(padded.length, 0);
  columns.forEach((value, i) => words.writeUInt32LE(value, 4 + i * 4));
  const whole = Buffer.concat([
    Buffer.from('WBASN001'),
    words.subarray(0, 4),
    padded,
    words.subarray(4),
    ...names,
  ]);
  return Buffer.concat([Buffer.alloc(shift), whole]).subarray(shift);
}

function ownerOf(table: NetworkTable, text: string): string | undefined {
  const address = parseAddress(text);
  assert.ok(address);
  return table.owner(table.ownerIndex(address))?.owner;
}

test('an address has the owner of the range that it lies in', () => {
  // Also from a buffer whose words lie off their natural bounds.
  for (const shift of [0, 1]) {
    const table = new NetworkTable(content(shift));
    assert.equal(ownerOf(table, '192.0.2.0'), 'Example Telecom');
    assert.equal(ownerOf(table, '192.0.2.255'), 'Example Telecom');
    assert.equal(ownerOf(table, '192.0.1.255'), undefined);
    assert.equal(ownerOf(table, '192.0.3.0'), undefined);
    assert.equal(ownerOf(table, '2001:db8:1::'), 'Müller Hosting');
    assert.equal(ownerOf(table, '2001:db8:0:ffff::'), undefined);
  }
});

test('a file that is no table, or half of one, is refused', () => {
  assert.throws(() => new NetworkTable(Buffer.from('GIF89a and more')), /no network table/);
  assert.throws(() => new NetworkTable(content().subarray(0, 120)), /cut off/);
});
