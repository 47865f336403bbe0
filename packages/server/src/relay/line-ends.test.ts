import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineEndCheck, lineEndTrouble } from './line-ends.ts';

const trouble = (text: string) => lineEndTrouble(Buffer.from(text, 'latin1'));

test('a message with CRLF line ends passes', () => {
  assert.equal(trouble('A: b\r\n\r\nbody\r\n'), undefined);
  assert.equal(trouble(''), undefined);
  assert.equal(trouble('no end'), undefined);
  assert.equal(trouble('\r\n\r\n'), undefined);
});

test('a bare LF, a bare CR and a NUL are found wherever they are', () => {
  assert.equal(trouble('\nA: b\r\n'), 'bare-lf');
  assert.equal(trouble('A: b\n'), 'bare-lf');
  assert.equal(trouble('A: b\r\n.\n'), 'bare-lf');
  assert.equal(trouble('A\rb\r\n'), 'bare-cr');
  assert.equal(trouble('A\r\r\n'), 'bare-cr');
  assert.equal(trouble('A\r\n\r'), 'bare-cr');
  assert.equal(trouble('\rA'), 'bare-cr');
  assert.equal(trouble('A\0b\r\n'), 'nul');
});

test('how the stream is cut makes no difference, and the answer is that of a plain definition', () => {
  const texts = fc.constantFrom('a', '.', 'a line of some length', '\x0e\x0f\x80\xff', '\t');
  const alphabet = fc.oneof(fc.constantFrom('\r', '\n', '\r\n', '\r\n', '\0'), texts);
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 24 }), fc.array(fc.nat(30)), (parts, cuts) => {
      const text = parts.join('');
      const check = new LineEndCheck();
      let from = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
        // Wherever the bytes begin in memory.
        const bytes = Buffer.from(` `.repeat(from % 7) + text.slice(from, Math.max(from, cut)), 'latin1');
        check.push(bytes.subarray(from % 7));
        from = Math.max(from, cut);
      }
      const clean = !/\0|(?<!\r)\n|\r(?!\n)/.test(text);
      assert.equal(check.finish() === undefined, clean, JSON.stringify(text));
    }),
    { numRuns: 1_000 },
  );
});
