import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemRandom } from '../kernel/ids.ts';
import { newTrackingNumber, parseTrackingNumber } from './tracking-number.ts';

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

test('a tracking number has the form of a parcel’s and reads back as itself', () => {
  for (let n = 0; n < 200; n++) {
    const number = newTrackingNumber(systemRandom);
    assert.match(number, /^WB-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.equal(parseTrackingNumber(number), number);
  }
});

test('case, spaces, dashes, the prefix and look-alikes do not matter', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 11, maxLength: 11 }),
      fc.array(fc.constantFrom(' ', '-', '\t', '–'), { maxLength: 6 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat(2)),
      (bytes, noise, prefixed, choices) => {
        const number = newTrackingNumber(() => bytes);
        const symbols = number.slice(3).replaceAll('-', '');
        const lookAlike = [...symbols].map((symbol) => {
          const choice = choices.next().value ?? 0;
          if (symbol === '0') return ['0', 'O', 'o'][choice] ?? '0';
          if (symbol === '1') return ['1', 'l', 'I'][choice] ?? '1';
          return choice === 0 ? symbol.toLowerCase() : symbol;
        });
        noise.forEach((character, n) => lookAlike.splice((n * 5) % lookAlike.length, 0, character));
        assert.equal(parseTrackingNumber(`${prefixed ? 'wb-' : ''}${lookAlike.join('')}`), number);
      },
    ),
  );
});

test('every single wrong symbol is caught, exhaustively', () => {
  for (const number of samples()) {
    const symbols = number.slice(3).replaceAll('-', '');
    for (let at = 0; at < symbols.length; at++) {
      for (const wrong of SYMBOLS) {
        if (wrong === symbols[at]) continue;
        assert.equal(parseTrackingNumber(symbols.slice(0, at) + wrong + symbols.slice(at + 1)), undefined);
      }
    }
  }
});

test('every swap of neighbours is caught, for every pair of symbols at every place', () => {
  for (let at = 0; at < 11; at++) {
    for (let a = 0; a < 32; a++) {
      for (let b = 0; b < 32; b++) {
        if (a === b) continue;
        const bytes = new Uint8Array(11).fill(5);
        bytes[at] = a;
        if (at + 1 < 11) bytes[at + 1] = b;
        const symbols = newTrackingNumber(() => bytes)
          .slice(3)
          .replaceAll('-', '');
        if (symbols[at] === symbols[at + 1]) continue;
        const swapped =
          symbols.slice(0, at) + (symbols[at + 1] ?? '') + (symbols[at] ?? '') + symbols.slice(at + 2);
        assert.equal(parseTrackingNumber(swapped), undefined, `${symbols} → ${swapped}`);
      }
    }
  }
});

test('what is no number is refused', () => {
  for (const text of ['', 'WB', 'WB-0000-0000-000', 'WB-0000-0000-00000', 'WB-UUUU-0000-0000', 'ÄÖÜ']) {
    assert.equal(parseTrackingNumber(text), undefined, text);
  }
});

function samples(): string[] {
  const sparse = [0, 1, 31].map((fill) => newTrackingNumber(() => new Uint8Array(11).fill(fill)));
  return [...sparse, ...Array.from({ length: 30 }, () => newTrackingNumber(systemRandom))];
}
