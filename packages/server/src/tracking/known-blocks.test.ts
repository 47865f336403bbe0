import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownBlocks } from './known-blocks.ts';

test('a block is known again wherever it stands at the end, and no byte of it may differ', () => {
  const known = new KnownBlocks<string>();
  const block = Buffer.from(
    'User-Agent: Mail/1.0 (x)\r\nAccept: image/*\r\nVia: somebody and somebody else\r\n\r\n',
  );
  assert.equal(known.get(block, 0), undefined);
  known.set(Buffer.concat([Buffer.from('GET /a\r\n'), block]), 8, 'meaning');
  assert.equal(known.get(block, 0), 'meaning');
  assert.equal(known.get(Buffer.concat([Buffer.from('GET /other\r\n'), block]), 12), 'meaning');
  for (let at = 0; at < block.length; at++) {
    const other = Buffer.from(block);
    other[at] = (other[at] ?? 0) ^ 1;
    assert.equal(known.get(other, 0), undefined, `${at}`);
    assert.equal(known.get(block.subarray(0, at), 0), undefined, `${at}`);
  }
  assert.equal(known.get(Buffer.concat([block, Buffer.from('G')]), 0), undefined);
});

test('what it was made from may be written over', () => {
  const known = new KnownBlocks<number>();
  const bytes = Buffer.from('Host: a\r\n\r\n');
  known.set(bytes, 0, 1);
  bytes.fill(0);
  assert.equal(known.get(Buffer.from('Host: a\r\n\r\n'), 0), 1);
});

test('of many it forgets, and of many that look alike to it, it knows some', () => {
  const known = new KnownBlocks<number>();
  const block = (n: number): Buffer => Buffer.from(`Via: ${String(n).padStart(90, 'x')}\r\n\r\n`);
  for (let n = 0; n < 5_000; n++) known.set(block(n), 0, n);
  const found = Array.from({ length: 5_000 }, (_, n) => known.get(block(n), 0));
  const right = found.filter((value, n) => value === n).length;
  assert.ok(found.every((value, n) => value === undefined || value === n));
  assert.ok(right > 0 && right <= 1_000, `${right} are known`);
});

test('a long block is not kept', () => {
  const known = new KnownBlocks<number>();
  const block = Buffer.alloc(3_000, 'x');
  known.set(block, 0, 1);
  assert.equal(known.get(block, 0), undefined);
});
