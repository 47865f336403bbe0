import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHTMLAttribute } from 'entities/decode';
import fc from 'fast-check';
import {
  decodeAmpersands,
  isHttpAddress,
  judgeAddress,
  MAY_BE_TEMPLATE,
  SHORT_SEGMENT,
} from './address-signs.ts';
import { holdsPlaceholder } from './placeholders.ts';

const PIECES = (
  'a utm = ; & &amp; &amp &copy &copy; &not &notin; &times &Aacute &unknown; &#38; &#x &_ &- 1 / # : - _ -- __ :: // {name} %a ' +
  '%%x%% ## =-a- @@ | x.y'
).split(' ');
const values = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''));

test('a value is decoded as a complete decoder does, or left to it', () => {
  fc.assert(
    fc.property(values, (value) => {
      const decoded = decodeAmpersands(value);
      if (decoded !== undefined) assert.equal(decoded, decodeHTMLAttribute(value));
    }),
    { numRuns: 5_000 },
  );
  assert.equal(
    decodeAmpersands('https://a.example/?b=1&amp;c=2&utm_source=x&copy=3'),
    'https://a.example/?b=1&c=2&utm_source=x&copy=3',
  );
});

test('no address with a placeholder is taken for one without', () => {
  fc.assert(
    fc.property(values, (value) => {
      const address = `https://a.example/${value}`;
      if ((judgeAddress(address).signs & MAY_BE_TEMPLATE) === 0) assert.ok(!holdsPlaceholder(address));
    }),
    { numRuns: 5_000 },
  );
});

test('addresses like ours are seen, whatever is around', () => {
  for (const path of ['/o/token.gif', '/l/token?to=x', '/waybill/L/token']) {
    assert.notEqual(judgeAddress(`https://track.example${path}`).signs & SHORT_SEGMENT, 0, path);
  }
  assert.equal(judgeAddress('https://track.example/other/page').signs & SHORT_SEGMENT, 0);
});

test('the host is the one of each address, in lower case, however many come one after the other', () => {
  const hosts = [
    ['https://Shop.Example/a', 'shop.example'],
    ['https://shop.example/b', 'shop.example'],
    ['https://shop.example', 'shop.example'],
    ['https://shop.example.org/', 'shop.example.org'],
    ['https://shop.example:8080/', undefined],
    ['https://shop.example@other.example/', undefined],
    ['https://192.0.2.1/', undefined],
    ['https://xn--a.example/', undefined],
    [`https://${'a.'.repeat(200)}example/x`, `${'a.'.repeat(200)}example`],
    ['https://shop.example?a', 'shop.example'],
  ] as const;
  for (const [address, host] of [...hosts, ...hosts]) assert.equal(judgeAddress(address).host, host, address);
});

test('only http and https addresses are such', () => {
  for (const address of ['http://a', 'HTTPS://a', 'hTTp://']) assert.ok(isHttpAddress(address), address);
  for (const address of ['http:/a', 'httpss://a', 'ftp://a', 'http', '', '(ttp://a', 'http:\\\\a'])
    assert.ok(!isHttpAddress(address), address);
});
