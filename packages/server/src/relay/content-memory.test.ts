import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentMemory } from './content-memory.ts';

const BYTES = Uint8Array.of(1, 2, 3, 4);

function memoryOf(limitBytes: number): { memory: ContentMemory; loads: string[] } {
  const loads: string[] = [];
  const load = async (id: string): Promise<Uint8Array | undefined> => {
    loads.push(id);
    await new Promise((resolve) => setImmediate(resolve));
    return id === 'gone' ? undefined : BYTES;
  };
  return { memory: new ContentMemory(load, limitBytes), loads };
}

test('copies of one mail read its content once, together or one after the other', async () => {
  const { memory, loads } = memoryOf(100);
  for (let n = 0; n < 3; n++) memory.expect('a');
  assert.deepEqual(await Promise.all([memory.take('a'), memory.take('a')]), [BYTES, BYTES]);
  assert.equal(await memory.take('a'), BYTES);
  assert.deepEqual(loads, ['a']);
});

test('what is at hand is not read', async () => {
  const { memory, loads } = memoryOf(100);
  memory.expect('a', BYTES);
  assert.equal(await memory.take('a'), BYTES);
  assert.deepEqual(loads, []);
  await memory.take('a');
  assert.deepEqual(loads, ['a'], 'it is forgotten with the last copy that was announced');
});

test('beyond the limit contents are read again, and room that becomes free is used', async () => {
  const { memory, loads } = memoryOf(6);
  memory.expect('a', BYTES);
  memory.expect('b', BYTES);
  assert.equal(await memory.take('b'), BYTES);
  assert.deepEqual(loads, ['b']);
  await memory.take('a');
  memory.expect('c', BYTES);
  await memory.take('c');
  assert.deepEqual(loads, ['b']);
});

test('a content that is gone is undefined', async () => {
  const { memory } = memoryOf(100);
  memory.expect('gone');
  assert.equal(await memory.take('gone'), undefined);
});
