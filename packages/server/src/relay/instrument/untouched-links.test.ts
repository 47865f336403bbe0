import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { allLinkReasons, instrument, instrumentHtml, type InstrumentOptions } from './instrument.ts';

const OPTIONS: InstrumentOptions = {
  pixelUrl: `https://track.example.org/o/${'t'.repeat(54)}.gif`,
  linkUrl: (to) => `https://track.example.org/l/${'t'.repeat(54)}?to=${encodeURIComponent(to)}`,
  isTracked: (url) => (url.startsWith('https://track.example.org/o/') ? { kind: 'pixel' } : undefined),
};

const codesOf = (links: { url: string; reason: { code: string } }[]): string[] =>
  links.map(({ url, reason }) => `${reason.code} ${url}`);

/** @param header lines without a line end behind the last */
const codes = (body: string, header = 'From: ann@example.org', options = OPTIONS): string[] =>
  codesOf(instrument(Buffer.from(`${header}\nContent-Type: text/html\n\n${body}`), options).untouchedLinks);

for (const [markup, code, url] of [
  [
    '<a href="mailto:ann@example.org?subject=a&amp;body=b">x</a>',
    'mailto',
    'mailto:ann@example.org?subject=a&body=b',
  ],
  ['<a href=MAILTO:ann@example.org>x</a>', 'mailto', 'MAILTO:ann@example.org'],
  ['<a href="#part">x</a>', 'in-page', '#part'],
  ['<a href=" ">x</a>', 'empty', ''],
  ['<a href>x</a>', 'empty', ''],
  ['<a href="tel:+4989123">x</a>', 'not-web', 'tel:+4989123'],
  ['<a href="/offers">x</a>', 'not-web', '/offers'],
  ['<a href="javascript:go({a:b})">x</a>', 'not-web', 'javascript:go({a:b})'],
  ['<a href="{{ offer.url }}">x</a>', 'placeholder', '{{ offer.url }}'],
  ['<a href="https://example.org/{{ offer }}">x</a>', 'placeholder', 'https://example.org/{{ offer }}'],
  ['<a href="https://example.org:99999/">x</a>', 'malformed', 'https://example.org:99999/'],
  ['<a href="https://example.org/unsubscribe">x</a>', 'unsubscribe', 'https://example.org/unsubscribe'],
  ['<a href="https://example.org/a">www.example.org</a>', 'shows-address', 'https://example.org/a'],
  ['<a data-waybill=off href="https://example.org/in">x</a>', 'marked', 'https://example.org/in'],
  [
    '<a href="https://track.example.org/o/x.gif">x</a>',
    'already-tracked',
    'https://track.example.org/o/x.gif',
  ],
] as const) {
  test(`a link that stays is named with its reason: ${markup}`, () => {
    assert.deepEqual(codes(`${markup} <a href="https://example.org/">tracked</a>`), [`${code} ${url}`]);
  });
}

test('links are named in the order of the mail, each place for itself', () => {
  const again = '<a href="https://example.org/">example.org</a>';
  assert.deepEqual(codes(`${again}<a href="#a">a</a><a href="https://example.org/">b</a>${again}`), [
    'shows-address https://example.org/',
    'in-page #a',
    'shows-address https://example.org/',
  ]);
});

test('a link whose tracked address would be too long says so, also where its own is endless', () => {
  const long = `https://example.org/${'a'.repeat(2_000)}`;
  const [first = '', second = ''] = codes(
    `<a href="${long}">a</a> <a href="https://example.org/${'b'.repeat(20_000)}">b</a>`,
  );
  assert.match(first, /^too-long https:\/\/example\.org\/a{480}\u2026$/);
  assert.match(second, /^too-long https:\/\/example\.org\/b{480}\u2026$/);
});

test('a destination that cannot be signed says so', () => {
  assert.deepEqual(
    codes('<a href="https://example.org/">x</a>', 'Subject: x', { ...OPTIONS, linkUrl: (to) => to }),
    ['malformed https://example.org/'],
  );
});

test('links left for the sake of spam filters are named, and only those', () => {
  const links = Array.from({ length: 6 }, (_, index) => `<a href="https://shop.example/${index}">x</a>`);
  const body = `<p>${'x'.repeat(1_060)}</p><a href="mailto:a@example.org">y</a>${links.join('')}<img src="https://shop.example/logo.png">`;
  const { links: tracked, untouchedLinks } = instrumentHtml(body, OPTIONS);
  const left = codesOf(untouchedLinks);
  assert.ok(tracked.length > 0 && tracked.length < 6, `${tracked.length} tracked`);
  assert.equal(left.shift(), 'mailto mailto:a@example.org');
  assert.deepEqual(
    left,
    [0, 1, 2, 3, 4, 5].slice(tracked.length).map((index) => `spam-short-mail https://shop.example/${index}`),
  );
});

test('where the form of From is the reason, links that would have stayed anyway keep theirs', () => {
  const body = '<a href="https://example.org/a">x</a><a href="https://example.org/unsubscribe">y</a>';
  assert.deepEqual(codes(body, 'From: Ann<ann@example.org>\nTo: bob@example.com'), [
    'spam-sender-form https://example.org/a',
    'unsubscribe https://example.org/unsubscribe',
  ]);
});

test('a mail with links alone that all stay names them, too', () => {
  const result = instrument(Buffer.from('Content-Type: text/html\n\n<a href="tel:1">x</a>'), {
    ...OPTIONS,
    pixelUrl: null,
  });
  assert.deepEqual(
    [result.reason?.code, codesOf(result.untouchedLinks)],
    ['nothing-to-do', ['not-web tel:1']],
  );
});

test('where no link is to be tracked, none is missed; in mail that must not be touched neither', () => {
  const html = '<a href="mailto:a@example.org">x</a>';
  assert.deepEqual(codes(html, 'Subject: x', { ...OPTIONS, linkUrl: null }), []);
  assert.deepEqual(codes(html, 'Auto-Submitted: auto-replied'), []);
});

test('addresses of plain text are named like links', () => {
  const text =
    'Content-Type: text/plain\n\nRead https://example.org/a or <https://example.org/b\nc>.\n\nTo unsubscribe: https://example.org/u\n';
  const result = instrument(Buffer.from(text), { ...OPTIONS, plainText: 'links' });
  assert.deepEqual(
    result.links.map(({ from }) => from),
    ['https://example.org/a'],
  );
  assert.deepEqual(codesOf(result.untouchedLinks), [
    'cut-address https://example.org/b',
    'unsubscribe https://example.org/u',
  ]);
});

test('every reason has a sentence, and stands in the documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../../docs/mail-servers/README.md'), 'utf8');
  for (const { code, text } of allLinkReasons()) {
    assert.match(code, /^[a-z]+(?:-[a-z]+)*$/);
    assert.match(text, /^[A-Z].+\.$/);
    assert.match(page, new RegExp(`^\\| \`${code}\` +\\| its? `, 'm'));
  }
});
