import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affordableLinks } from './image-weight.ts';
import { instrument, instrumentHtml, type InstrumentOptions } from './instrument.ts';

const PIXEL = `https://track.example.org/o/${'t'.repeat(54)}.gif`;
const OPTIONS: InstrumentOptions = {
  pixelUrl: PIXEL,
  linkUrl: (to) => `https://track.example.org/l/${'t'.repeat(54)}?to=${encodeURIComponent(to)}`,
};
const LINKS = Array.from({ length: 6 }, (_, index) => `<a href="https://shop.example/${index}">x</a>`).join(
  '',
);
const LOGO = '<img src="https://shop.example/logo.png" width="80" height="30" alt="Shop">';

const document = (length: number, body: string): string => {
  const around = `<html><body><p></p>${body}</body></html>`;
  return `<html><body><p>${'x'.repeat(length - around.length)}</p>${body}</body></html>`;
};

test('all links are tracked where that costs nothing', () => {
  for (const html of [document(600, LINKS), document(4_000, LINKS + LOGO), document(2_500, LINKS + LOGO)]) {
    assert.equal(instrumentHtml(html, OPTIONS).links.length, 6);
  }
});

test('in short mail with an image, links stay that would put it into a heavier class', () => {
  const { html, links, pixel } = instrumentHtml(document(1_450, LINKS + LOGO), OPTIONS);
  assert.equal(pixel, PIXEL);
  assert.ok(links.length > 0 && links.length < 6, `${links.length} links`);
  assert.ok(html.length <= 2_000, `${html.length} characters`);
});

test('the last links stay, and only as many as must; where the pixel alone costs as much, none does', () => {
  assert.equal(affordableLinks(1_000, 150, [30, 30, 30]), 1);
  assert.equal(affordableLinks(1_000, 150, [10, 10, 10]), 3);
  assert.equal(affordableLinks(700, 150, [30, 30]), 2);
  assert.equal(affordableLinks(100, 200, [90, 90]), 2);
});

test('links stay where From and To are written as spammers write them', () => {
  const mail = (from: string, to: string): Buffer =>
    Buffer.from(`From: ${from}\r\nTo: ${to}\r\nContent-Type: text/html\r\n\r\n${LINKS}`);
  const count = (from: string, to: string): number => instrument(mail(from, to), OPTIONS).links.length;
  assert.equal(count('Ann Archer<ann@example.org>', 'bob@example.com'), 0);
  assert.equal(count('Ann Archer <ann@example.org>', 'bob@example.com'), 6);
  assert.equal(count('Ann Archer<ann@example.org>', 'Bob <bob@example.com>'), 6);
});

test('the pixel gives way only where it is said to, with its reason, and then links need not', () => {
  const mail = (html: string): Buffer => Buffer.from(`Content-Type: text/html\r\n\r\n${html}`);
  const html = document(790, LOGO);
  const withLink = document(1_150, `${LINKS.slice(0, LINKS.indexOf('</a>'))}</a>${LOGO}`);
  assert.equal(instrument(mail(html), OPTIONS).pixel, PIXEL);
  const strict = { ...OPTIONS, spamCare: 'pixel' } as const;
  assert.equal(instrument(mail(html), strict).reason?.code, 'spam-care');
  const linked = instrument(mail(withLink), { ...strict, linkUrl: (to) => `${to}?t` });
  assert.deepEqual(
    [linked.pixel, linked.pixelReason?.code, linked.links.length],
    [null, 'spam-short-mail', 1],
  );
  assert.equal(instrument(mail(document(600, LOGO)), strict).pixelReason, null);
  assert.equal(instrument(mail(document(4_000, LOGO)), strict).pixel, PIXEL);
});

test('nothing gives way where nothing is to', () => {
  const all = { ...OPTIONS, spamCare: 'none' } as const;
  assert.equal(instrumentHtml(document(1_450, LINKS + LOGO), all).links.length, 6);
  assert.match(instrumentHtml(document(700, LOGO), all).html, /<img src="https:\/\/track/);
  const mail = `From: Ann Archer<ann@example.org>\r\nTo: bob@example.com\r\nContent-Type: text/html\r\n\r\n${LINKS}`;
  assert.equal(instrument(Buffer.from(mail), all).links.length, 6);
});

const styleOf = (css: string, body: string): string =>
  /style="([^"]*)"><\/?/.exec(
    instrumentHtml(`<style>${css}</style><body>${body}</body>`, OPTIONS).html,
  )?.[1] ?? '';

test('the pixel’s style fights what the document’s rules name, and no more', () => {
  const plain = 'position:absolute;float:left;width:1px;height:1px;margin:-1px -1px 0 0';
  assert.equal(styleOf('p{color:red}', LOGO), plain);
  assert.equal(styleOf('img{border:0}', LOGO), `${plain};border:0`);
  assert.match(
    styleOf('img{padding:9px!important}', LOGO),
    /^position:absolute!important;.*;padding:0!important$/,
  );
  assert.match(styleOf('@import "x.css";', LOGO), /opacity:1!important/);
});

test('between rules that count from both ends the pixel stands among the last words', () => {
  const html = `<style>p:first-child{color:red}p:last-child{color:blue}</style><body><p>One</p><p>Two</p>\n</body>`;
  assert.match(instrumentHtml(html, OPTIONS).html, /<p>Two<span [^>]*><\/span><\/p>/);
});
