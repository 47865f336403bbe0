import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keyring } from '../../tracking/tracking.ts';
import { trackedBy } from '../copy-plan.ts';
import { instrument, restore, type InstrumentOptions } from './instrument.ts';
import { cpuMs } from '../../../test/support/cpu-time.ts';

const OPTIONS: InstrumentOptions = {
  plainText: 'links',
  isTracked: trackedBy(new Keyring(new Map([[1, Buffer.alloc(32, 1)]]))),
  pixelUrl: 'https://track.example.org/o/copy.gif',
  linkUrl: (destination, index) =>
    `https://track.example.org/l/${index}?to=${encodeURIComponent(destination)}`,
};

const MANY = 100_000;
const HTML = 'Content-Type: text/html; charset=utf-8\r\n';
const LINK = '<a href="http://a/x">l</a>';
const CODED = LINK.replace('=', '=3D');
const QUOTED = `${HTML}Content-Transfer-Encoding: quoted-printable\r\n\r\n`;
/** Kept just below what makes an address too long to be looked at. */
const LONG = 16_000;
const BASE64 = `${HTML}Content-Transfer-Encoding: base64\r\n\r\n`;

/** Messages that make careless code slow: whatever is searched again and again, counted, or kept. */
const HOSTILE: Record<string, string> = {
  'header fields': `${'X: y\r\n'.repeat(MANY)}${HTML}\r\nx`,
  'lines that are no fields': `${'Xy\r\n'.repeat(MANY)}${HTML}\r\nx`,
  'a field of many lines': `X: y\r\n${' z\r\n'.repeat(MANY)}${HTML}\r\nx`,
  'a header line without end': `${'X'.repeat(10 * MANY)}\r\n${HTML}\r\nx`,
  parameters: `Content-Type: text/html;${'\r\n a=b;'.repeat(MANY)}\r\n\r\nx`,
  'comments in a field': `Content-Type: text/html ${'('.repeat(MANY)}\r\n\r\nx`,
  types: `${HTML.repeat(MANY)}\r\nx`,
  'targets to unsubscribe': `List-Unsubscribe: ${'<'.repeat(MANY)}${'<http://a/>, '.repeat(MANY)}\r\n${HTML}\r\n${LINK}`,
  boundaries: `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(MANY)}`,
  'lines like boundaries': `Content-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\n${HTML}\r\n${'--x\r\n'.repeat(MANY)}--xy--\r\n`,
  'words like PGP': `Content-Type: text/plain\r\n\r\n${'BEGIN PGP '.repeat(MANY)}`,
  'links on one quoted-printable line': QUOTED + CODED.repeat(MANY / 4),
  'blanks between quoted-printable links': QUOTED + `${CODED}${' '.repeat(MANY)}`.repeat(8),
  'soft line breaks': `${QUOTED}${'=\r\n'.repeat(MANY)}${CODED}`,
  'base64 in one line': BASE64 + Buffer.from(LINK.repeat(MANY / 4)).toString('base64'),
  'base64 in lines of one character':
    BASE64 +
    Buffer.from(LINK.repeat(MANY / 20))
      .toString('base64')
      .replaceAll(/./g, '$&\r\n'),
  'links on one line': `${HTML}\r\n${LINK.repeat(MANY / 4)}`,
  'different links': `${HTML}\r\n${Array.from({ length: MANY / 4 }, (_, index) => `<a href="http://a/${index}">x</a>\r\n`).join('')}`,
  'disclosure lines': `${HTML}\r\n${`<div data-waybill="disclosure">${LINK}</div>`.repeat(MANY / 10)}`,
  'link texts of dots': `${HTML}\r\n${`<a href="http://a/x">${'a.'.repeat(400)}1</a>`.repeat(MANY / 100)}`,
  'link texts of blanks': `${HTML}\r\n${`<a href="http://a/x${' '.repeat(10_000)}y">x</a>`.repeat(100)}`,
  'addresses in plain text': `Content-Type: text/plain\r\n\r\n${'http://a/x '.repeat(MANY / 4)}`,
  'brackets behind an address': `Content-Type: text/plain\r\n\r\nhttp://a/${'('.repeat(MANY)}${')'.repeat(MANY)}`,
  'addresses in addresses': `${HTML}\r\n${`<a href="https://a.safelinks.protection.outlook.com/?url=${'http%253A'.repeat(500)}">x</a>`.repeat(100)}`,
  'addresses in styles that never end': `${HTML}\r\n${`<span style="${'url('.repeat(4_000)}">`.repeat(10)}`,
  'blanks in an address in a style': `${HTML}\r\n${`<span style="url(x${' '.repeat(16_000)}y)">`.repeat(10)}`,
  'names like character references': `${HTML}\r\n${Array.from({ length: MANY / 20 }, (_, index) => `<a href="http://a/?&a${index}_&copy">x</a>`).join('')}`,
  'hosts that are all others': `${HTML}\r\n${Array.from({ length: MANY / 4 }, (_, index) => `<a href="http://h${index}.example/">x</a>`).join('')}`,
  'foreign content in foreign content': `${HTML}\r\n${'<svg><desc>'.repeat(MANY / 2)}`,
  'base64 with something else in it': `${BASE64}${'QUJD!'.repeat(MANY)}`,
  'escape sequences of a character set': `Content-Type: text/html; charset=iso-2022-jp\r\n\r\n${'\x1b$B0!\x1b(B'.repeat(MANY)}`,
  'comments that end with a bang': `${HTML}\r\n${'<!-- x --!>'.repeat(MANY / 4)}`,
  'a bracket in addresses that never closes': `${HTML}\r\n${`<a href="http://a/{${'a'.repeat(LONG)}">x</a>`.repeat(20)}`,
  'question marks behind what is no ASCII': `Content-Type: text/html; charset=koi8-r\r\n\r\n${`<a href="http://a/\xe9${'?'.repeat(LONG)}">x</a>`.repeat(20)}`,
  'addresses like those of pixels': `${HTML}\r\n${`<img src="http://a${'/o/a.gif?'.repeat(LONG / 9)}#">`.repeat(60)}`,
  'addresses that Proofpoint seems to have wrapped': `${HTML}\r\n${`<a href="https://urldefense.com${'/v3/__http'.repeat(LONG / 10)}">x</a>`.repeat(60)}`,
  'blanks in an encoding': `${HTML}Content-Transfer-Encoding: 7bit${' '.repeat(60_000)}x\r\n\r\nx`,
  'two-byte characters': `Content-Type: text/html; charset=shift_jis\r\n\r\n${'\x81\x40'.repeat(5 * MANY)}`,
};

const MS_PER_MB = 50;
/** Nothing quadratic hides below this, and the compiler's warming up does not fail. */
const SLACK = 30;

for (const [what, text] of Object.entries(HOSTILE)) {
  test(`time stays in proportion, and the input can be restored: ${what}`, () => {
    const message = Buffer.from(text, 'latin1');
    const most = (message.length / 1_000_000) * MS_PER_MB * SLACK + 200;
    let result = instrument(message, OPTIONS);
    let ms = Infinity;
    // What is out of proportion stays so; what waited for the compiler does not.
    for (let round = 0; round < 5 && ms >= most; round += 1) {
      ms = cpuMs(() => (result = instrument(message, OPTIONS)));
    }
    assert.ok(ms < most, `${Math.round(ms)} ms for ${message.length} bytes`);
    assert.ok(message.equals(restore(result.message, result.edits)));
  });
}
