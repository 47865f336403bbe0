import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shareTexts, unshareTexts } from './shared-texts.ts';

const LONG = 'a text that is long enough to be worth mentioning once only';
const value = fc.oneof(
  fc.string(),
  fc.constantFrom(LONG, `${LONG}!`, null),
  fc.integer(),
  fc.bigInt(),
  fc.uint8Array(),
);

test('rows come out of a message as they went into it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(value), { maxLength: 20 }), (rows) => {
      const sent = structuredClone(shareTexts(rows, new Map()));
      unshareTexts(sent);
      assert.deepEqual(sent, rows);
    }),
  );
});

test('a long text is in the message once, in whichever statement it stands', () => {
  const rows = Array.from({ length: 8 }, (_, n) => [n, LONG, 'short']);
  const texts = new Map();
  const [first, second] = [shareTexts(rows, texts), shareTexts(rows, texts)];
  assert.equal(first[0]?.[1], first[7]?.[1]);
  assert.equal(first[0]?.[1], second[3]?.[1]);
  assert.equal(first[0]?.[2], 'short');
  assert.deepEqual(rows[0], [0, LONG, 'short'], 'the rows themselves are as they were');
});

test('few rows go as they are', () => {
  const rows = [[LONG], [LONG]];
  assert.equal(shareTexts(rows, new Map()), rows);
});
