import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../src/kernel/logger.ts';
import { SentNoteFiles } from '../../src/storage/sent-notes.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ended = (n: number) => ({
  id: `copy-${n}`,
  attempts: 1,
  outcome: {
    fact: { at: n, type: 'relayed' as const, reasons: [{ code: 'relayed', text: 'x'.repeat(200) }] },
  },
});

test('a note is there for the next process without having been closed, until the store knows', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'queue', 'sent-notes');
  using stack = new DisposableStack();
  const open = () => stack.adopt(new SentNoteFiles(path, silentLogger), (notes) => notes.close());
  const killed = open();
  assert.deepEqual(killed.found, []);
  killed.note(ended(1));
  killed.note(ended(2));

  const next = open();
  assert.deepEqual(next.found, [ended(1), ended(2)]);
  next.forgetFound();
  assert.deepEqual(open().found, []);
});

test('a line that was torn or damaged says nothing, and spoils none beside it', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'sent-notes');
  using stack = new DisposableStack();
  const open = () => stack.adopt(new SentNoteFiles(path, silentLogger), (notes) => notes.close());
  open().note(ended(1));
  await appendFile(`${path}.0`, '{"id":"copy-2","attem');
  open().note(ended(3));
  await appendFile(`${path}.0`, '[]\n{}\nnull\n');
  assert.deepEqual(open().found, [ended(1), ended(3)]);
});

test('the files stay small, and what the store does not know of stays in them', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'sent-notes');
  using stack = new DisposableStack();
  const notes = stack.adopt(new SentNoteFiles(path, silentLogger), (opened) => opened.close());
  notes.note(ended(0));
  for (let n = 1; n < 5_000; n++) {
    notes.note(ended(n));
    notes.forget(ended(n));
    if (n === 3_000) notes.forget(ended(0));
    if (n < 3_000 && n % 500 === 0) {
      const texts = await Promise.all([0, 1].map((file) => readFile(`${path}.${file}`, 'utf8')));
      assert.ok(texts.join('').includes('"copy-0"'));
    }
  }
  assert.deepEqual((await readdir(directory.path)).sort(), ['sent-notes.0', 'sent-notes.1']);
  const sizes = await Promise.all([0, 1].map(async (file) => (await stat(`${path}.${file}`)).size));
  assert.ok(Math.min(...sizes) < 300 * 1024, sizes.join());
});
