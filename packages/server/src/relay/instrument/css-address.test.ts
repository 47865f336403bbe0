import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findCssAddress } from './css-address.ts';

/** What is looked for, said as an expression: right, but slow where a style is hostile. */
const ADDRESS = /(url\(\s*(&quot;|&#0?3[49];|["']|))([^)]*?)\2\s*\)/i;

const styles = fc
  .array(
    fc.constantFrom(
      'url(',
      'URL(',
      ')',
      '"',
      "'",
      '&quot;',
      '&QUOT;',
      '&#34;',
      '&#039;',
      ' ',
      '\n',
      'a',
      'url',
    ),
  )
  .map((bits) => bits.join(''));

test('the address in a style is found where an expression finds it', () => {
  fc.assert(
    fc.property(styles, (style) => {
      const [whole, opening = '', , address = ''] = ADDRESS.exec(style) ?? [];
      const start = ADDRESS.exec(style)?.index ?? -1;
      const valueStart = start + opening.length;
      const expected = {
        start,
        end: start + (whole?.length ?? 0),
        valueStart,
        valueEnd: valueStart + address.length,
      };
      assert.deepEqual(findCssAddress(style), whole === undefined ? undefined : expected);
    }),
    { numRuns: 3_000 },
  );
});
