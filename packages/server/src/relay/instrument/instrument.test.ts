import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  allReasons,
  instrument,
  instrumentHtml,
  restore,
  stripTracking,
  type InstrumentOptions,
  type InstrumentResult,
} from './instrument.ts';

const HOST = 'https://track.example.org';
const NOWHERE = `${HOST}/l/nowhere`;
const trapUrl = `${HOST}/l/trap-new?to=${encodeURIComponent(NOWHERE)}`;

/** Tracked addresses that can be read back, as the real ones can. */
function options(copy = 'copy', more: Partial<InstrumentOptions> = {}): InstrumentOptions {
  return {
    pixelUrl: `${HOST}/o/${copy}.gif`,
    linkUrl: (destination, index) => `${HOST}/l/${copy}-${index}?to=${encodeURIComponent(destination)}`,
    isTracked: (url) => {
      if (url.startsWith(`${HOST}/o/`)) return { kind: 'pixel' };
      if (url.startsWith(`${HOST}/l/trap-`)) return { kind: 'trap', destination: NOWHERE };
      const to = url.startsWith(`${HOST}/l/`) ? /\?to=(.*)$/.exec(url)?.[1] : undefined;
      return to === undefined ? undefined : { kind: 'link', destination: decodeURIComponent(to) };
    },
    ...more,
  };
}

function mail(...lines: string[]): Buffer {
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

const HEADER = ['From: ann@example.org', 'To: bob@example.com', 'Subject: x', 'MIME-Version: 1.0'];

function htmlMail(html: string, ...fields: string[]): Buffer {
  return mail(
    ...HEADER,
    ...(fields.length > 0 ? fields : ['Content-Type: text/html; charset=utf-8']),
    '',
    html,
  );
}

function text(message: Uint8Array): string {
  return Buffer.from(message).toString('latin1');
}

function assertUntouched(
  message: Buffer,
  code: string,
  more: Partial<InstrumentOptions> = {},
): InstrumentResult {
  const result = instrument(message, options('copy', more));
  assert.equal(result.reason?.code, code);
  assert.equal(result.touched, false);
  assert.deepEqual(Buffer.from(result.message), message);
  assert.deepEqual([result.pixel, result.links, result.edits], [null, [], []]);
  return result;
}

test('a pixel goes to the end of the body and links lead over us', () => {
  const message = htmlMail(
    '<html><body><p>Hello <a href="https://example.com/?a=1&amp;b=2">you</a></p></body></html>\r\n',
  );
  const result = instrument(message, options());
  assert.equal(result.touched, true);
  assert.equal(result.reason, null);
  assert.equal(result.pixel, `${HOST}/o/copy.gif`);
  const to = `${HOST}/l/copy-1?to=https%3A%2F%2Fexample.com%2F%3Fa%3D1%26b%3D2`;
  assert.deepEqual(result.links, [{ from: 'https://example.com/?a=1&b=2', to, index: 1 }]);
  const body = text(result.message).split('\r\n\r\n')[1] ?? '';
  assert.match(
    body,
    /^<html><body><p>Hello <a href="([^"]+)">you<\/a><\/p><span style="background:url\([^)"]+\);[^"]+"><\/span><\/body><\/html>\r\n$/,
  );
  assert.ok(body.includes(`href="${to}"`));
  assert.equal(result.html, body);
});

test('links are counted from 1, one for each address, in their order', () => {
  const result = instrumentHtml(
    '<a href="https://b/">x</a><a href="mailto:a@b">x</a><a href="https://a/">y</a><a href=" https://b/">z</a>',
    options(),
  );
  assert.deepEqual(
    result.links.map(({ from, index }) => [from, index]),
    [
      ['https://b/', 1],
      ['https://a/', 2],
    ],
  );
});

test('an unquoted address gets quotes, an apostrophe is escaped in its own quotes', () => {
  const more: Partial<InstrumentOptions> = {
    pixelUrl: null,
    linkUrl: (_, index) => `${HOST}/l/'${index}"&<>`,
  };
  const { html } = instrumentHtml(
    "<a href=https://a/>x</a><a href='https://b/'>y</a>",
    options('copy', more),
  );
  const to = (index: number): string => `${HOST}/l/&#39;${index}&#34;&amp;&#60;&#62;`;
  assert.equal(html, `<a href="${to(1)}">x</a><a href='${to(2)}'>y</a>`);
});

test('an address that would get too long stays', () => {
  const { links, html } = instrumentHtml(
    `<a href="https://a/${'%'.repeat(1_500)}">x</a>`,
    options('copy', { pixelUrl: null }),
  );
  assert.deepEqual(links, []);
  assert.ok(!html.includes(HOST));
});

test('no more links are tracked than anybody looks at, and twice is once', () => {
  const html = Array.from({ length: 5_500 }, (_, index) => `<a href="http://a/${index}">x</a>`).join('');
  const once = instrumentHtml(html, options());
  assert.equal(once.links.length, 5_000);
  assert.deepEqual(
    [once.untouchedLinks.length, once.untouchedLinks[0]?.reason.code],
    [500, 'too-many-links'],
  );
  assert.equal(instrumentHtml(once.html, options()).html, once.html);
});

const PIXEL = /<span style="background:url\([^>]*><\/span>/;
for (const [what, html, expected] of [
  ['before the last end of the body', '<body>a</body><body>b</body> c', '<body>a</body><body>b#</body> c'],
  ['not before one in a comment', '<body>a</body><!-- </body> -->', '<body>a#</body><!-- </body> -->'],
  [
    'not inside a conditional comment',
    '<body>a<!--[if mso]></body></html><![endif]--></body>',
    '<body>a<!--[if mso]></body></html><![endif]-->#</body>',
  ],
  [
    'not before one in a script',
    '<body>a</body><script>"</body>"</script>',
    '<body>a#</body><script>"</body>"</script>',
  ],
  ['before the end of the document without body', '<html>a</html>\n', '<html>a#</html>\n'],
  ['at the end of a fragment', '<p>a</p>', '<p>a</p>#'],
  ['in an empty document', '', '#'],
  [
    'at the beginning, when a table is not closed',
    '<body><table><tr><td>a</td></tr></body>',
    '<body>#<table><tr><td>a</td></tr></body>',
  ],
  ['inside a cell that is not closed', '<body><table><tr><td>a</body>', '<body><table><tr><td>a#</body>'],
  ['at the beginning, when pre is not closed', '<body x="y"><pre>a</body>', '<body x="y">#<pre>a</body>'],
  [
    'at the beginning, when pre around a table is not closed',
    '<body><pre><table><td>a</body>',
    '<body>#<pre><table><td>a</body>',
  ],
  ['at the beginning, in a comment that never ends', 'a<!-- b', '#a<!-- b'],
  ['at the beginning, in a style that never ends', '<p>a<style>b', '#<p>a<style>b'],
  [
    'before the first content, not in the head',
    '<html><head><title>a</title><style>b</style></head>\n<table>c',
    '<html><head><title>a</title><style>b</style></head>\n#<table>c',
  ],
  ['behind svg', '<svg><title></body></title></svg>a', '<svg><title></body></title></svg>a#'],
] as const) {
  test(`the pixel stands ${what}`, () => {
    const { html: result } = instrumentHtml(html, options());
    assert.equal(result.replace(PIXEL, '#'), expected);
  });
}

test('frames have no place for a pixel', () => {
  const frames =
    '<html><frameset><frame src="http://a/"></frameset><noframes><body>a</body></noframes></html>';
  const { pixelReason, ...result } = instrumentHtml(frames, options());
  assert.deepEqual(result, { html: frames, pixel: null, links: [], untouchedLinks: [] });
  assert.equal(pixelReason?.code, 'no-place');
  assertUntouched(htmlMail(frames), 'nothing-to-do');
});

test('a document that Gmail would cut has its pixel at the beginning', () => {
  const long = `<html><body class="x">${'<p>text</p>'.repeat(9_000)}</body></html>`;
  assert.match(instrumentHtml(long, options()).html, /^<html><body class="x"><img /);
  const links = `<body>${'<a href="https://example.com/">x</a>'.repeat(1_500)}</body>`;
  assert.match(instrumentHtml(links, options()).html, /^<body><img /, 'longer links count');
});

test('quoted pixels and links of ours are taken back before new ones go in', () => {
  const original = '<body><p>Hi <a href="https://example.com/?a=1&amp;b">you</a></p></body>';
  const first = instrumentHtml(original, options('one')).html;
  assert.equal(stripTracking(first, options().isTracked ?? (() => undefined)), original);
  const reply = `<body>Thanks<blockquote>${first}</blockquote></body>`;
  const second = instrumentHtml(reply, options('two'));
  assert.ok(!second.html.includes('/one'));
  assert.deepEqual(
    second.links.map(({ from }) => from),
    ['https://example.com/?a=1&b'],
  );
  assert.equal(second.html.split('/o/').length - 1, 1);
  const off = instrument(htmlMail(first), options('two', { pixelUrl: null, linkUrl: null }));
  assert.deepEqual([off.touched, off.pixel, off.html], [true, null, original]);
});

test('a pixel quoted by Gmail, through its proxy, is found too', () => {
  const quoted = `<p>a<img src="https://ci3.googleusercontent.com/meips/AbC=s0-d-e1-ft#${HOST}/o/old.gif" alt=""></p>`;
  assert.equal(stripTracking(quoted, options().isTracked ?? (() => undefined)), '<p>a</p>');
});

test('a tracked link without known destination stays as it is', () => {
  const html = '<a href="https://other.example/l/x">a</a>';
  const { untouchedLinks, pixelReason, ...result } = instrumentHtml(
    html,
    options('copy', { pixelUrl: null, isTracked: () => ({ kind: 'link' }) }),
  );
  assert.deepEqual(result, { html, pixel: null, links: [] });
  assert.equal(untouchedLinks[0]?.reason.code, 'already-tracked');
  assert.equal(pixelReason, null, 'none was asked for');
});

test('a disclosure line stands once at the end, with a link that is not tracked', () => {
  const disclosure = { kind: 'footer' as const, pageUrl: `${HOST}/r/page` };
  const once = instrumentHtml('<body>a</body>', options('copy', { disclosure })).html;
  assert.match(
    once,
    /^<body>a<div data-waybill="disclosure"[^>]*>.*href="https:\/\/track\.example\.org\/r\/page".*<\/div><span [^>]*><\/span><\/body>$/,
  );
  assert.equal(instrumentHtml(once, options('copy', { disclosure })).html, once);
  assert.equal(instrumentHtml('<body><table>a</body>', options('copy', { disclosure })).pixel, null);
  assertUntouched(htmlMail('<body><table>a</body>'), 'no-disclosure-place', { disclosure });
});

test('a disclosure field is the last of the header, once', () => {
  const more = { disclosure: { kind: 'header' as const, pageUrl: `${HOST}/r/page` } };
  const once = instrument(htmlMail('<p>a'), options('copy', more)).message;
  assert.match(
    text(once),
    /charset=utf-8\r\nX-Waybill-Disclosure: https:\/\/track\.example\.org\/r\/page\r\n\r\n<p>a<span/,
  );
  assert.deepEqual(Buffer.from(instrument(once, options('copy', more)).message), Buffer.from(once));
});

test('header fields are taken out where asked, folded lines too, also from untouched mail', () => {
  const message = mail(
    'Bcc: a@b,',
    ' c@d',
    'Subject: x',
    'bcc: e@f',
    'Content-Type: multipart/signed',
    '',
    'x',
  );
  const result = instrument(message, options('copy', { stripHeaders: ['Bcc'] }));
  assert.equal(result.touched, false);
  assert.equal(text(result.message), 'Subject: x\r\nContent-Type: multipart/signed\r\n\r\nx');
  assert.deepEqual(Buffer.from(restore(result.message, result.edits)), message);
});

const ALTERNATIVE = 'Content-Type: multipart/mixed; boundary=b';
function withPart(...part: string[]): Buffer {
  return mail(
    ...HEADER,
    ALTERNATIVE,
    '',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>a',
    '--b',
    ...part,
    '--b--',
    '',
  );
}

for (const [code, what, message] of [
  ['signed', 'a signed part', withPart('Content-Type: multipart/signed; boundary=c', '', '--c', '', '--c--')],
  [
    'encrypted',
    'an encrypted part',
    withPart('Content-Type: multipart/encrypted; boundary=c', '', '--c', '', '--c--'),
  ],
  [
    'signed',
    'a signed message that is forwarded',
    withPart(
      'Content-Type: message/rfc822',
      '',
      'Content-Type: multipart/signed; boundary=c',
      '',
      '--c',
      '',
      '--c--',
    ),
  ],
  ['smime', 'S/MIME', withPart('Content-Type: application/x-pkcs7-mime', '', 'x')],
  [
    'smime',
    'S/MIME sent as a file',
    withPart('Content-Type: application/octet-stream; name="smime.p7m"', '', 'x'),
  ],
  ['pgp-mime', 'a PGP signature', withPart('Content-Type: application/pgp-signature', '', 'x')],
  [
    'inline-pgp',
    'PGP in the text',
    withPart('Content-Type: text/plain', '', '-----BEGIN PGP SIGNED MESSAGE-----'),
  ],
  [
    'inline-pgp',
    'PGP in quoted-printable text',
    withPart(
      'Content-Type: text/plain',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '=2D----BEGIN PGP MESSAGE-----',
    ),
  ],
  [
    'inline-pgp',
    'PGP in base64 text',
    withPart(
      'Content-Type: text/plain',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('-----BEGIN PGP MESSAGE-----').toString('base64'),
    ),
  ],
  [
    'report',
    'a report',
    mail(
      ...HEADER,
      'Content-Type: multipart/report; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      '',
      'x',
      '--b--',
    ),
  ],
  ['calendar', 'an invitation', withPart('Content-Type: text/calendar; method=REQUEST', '', 'x')],
  ['partial', 'a fragment', mail(...HEADER, 'Content-Type: message/partial', '', 'x')],
  [
    'dkim-signed',
    'a DKIM signature',
    htmlMail('x', 'DKIM-Signature: v=1; d=example.com', 'Content-Type: text/html'),
  ],
  ['arc-sealed', 'an ARC seal', htmlMail('x', 'ARC-Seal: i=1', 'Content-Type: text/html')],
  [
    'auto-submitted',
    'an automatic answer',
    htmlMail('x', 'Auto-Submitted: auto-replied', 'Content-Type: text/html'),
  ],
  ['null-sender', 'no return path', htmlMail('x', 'Return-Path: <>', 'Content-Type: text/html')],
  [
    'checksummed',
    'a checksum',
    htmlMail('x', 'Content-Type: text/html', 'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ=='),
  ],
  ['no-html-part', 'a forwarded text alone', mail(...HEADER, 'Content-Type: message/rfc822', '', '', 'x')],
  ['plain-text-only', 'plain text', mail(...HEADER, '', 'x')],
  ['no-html-part', 'an image', mail(...HEADER, 'Content-Type: image/png', '', 'x')],
  [
    'no-html-part',
    'HTML without any body',
    mail(...HEADER, ALTERNATIVE, '', '--b', 'Content-Type: text/html', '--b--'),
  ],
  [
    'encoding-unsupported',
    'an unknown encoding',
    htmlMail('x', 'Content-Type: text/html', 'Content-Transfer-Encoding: x-uue'),
  ],
  [
    'broken-encoding',
    'broken base64',
    htmlMail('x!', 'Content-Type: text/html', 'Content-Transfer-Encoding: base64'),
  ],
  ['charset-unsupported', 'UTF-7', htmlMail('x', 'Content-Type: text/html; charset=utf-7')],
  [
    'charset-unsupported',
    'an unknown character set',
    htmlMail('x', 'Content-Type: text/html; charset=ebcdic'),
  ],
  [
    'charset-unsupported',
    'UTF-16 in disguise',
    htmlMail('\xff\xfe<\0', 'Content-Type: text/html; charset=utf-8'),
  ],
  ['broken-header', 'a malformed header', htmlMail('x', 'no field', 'Content-Type: text/html')],
  ['broken-mime', 'a missing boundary', mail(...HEADER, ALTERNATIVE, '', 'x')],
  [
    'too-many-parts',
    'too many parts',
    withPart('', 'x', ...Array.from({ length: 1_000 }, () => ['--b', '', 'x']).flat()),
  ],
] as const) {
  test(`a message with ${what} is passed on as it is: ${code}`, () => {
    assertUntouched(message, code);
  });
}

test('a message switched off loses only the field that says so', () => {
  const result = instrument(htmlMail('<p>a', 'X-Waybill: off', 'Content-Type: text/html'), options());
  assert.equal(result.reason?.code, 'switched-off');
  assert.equal(text(result.message), text(htmlMail('<p>a', 'Content-Type: text/html')));
});

test('an own DKIM signature is taken out where the message will be signed again, and only then', () => {
  const message = htmlMail(
    '<p>a',
    'DKIM-Signature: v=1; a=rsa-sha256;',
    ' d=Example.ORG; s=x',
    'Content-Type: text/html',
  );
  const result = instrument(message, options('copy', { resigns: (domain) => domain === 'example.org' }));
  assert.equal(result.touched, true);
  assert.ok(!text(result.message).includes('DKIM'));
  assertUntouched(message, 'dkim-signed', { resigns: (domain) => domain === 'example.net' });
});

test('every reason has a code in kebab case and one sentence', () => {
  for (const { code, text: sentence } of allReasons()) {
    assert.match(code, /^[a-z]+(?:-[a-z0-9]+)*$/);
    assert.match(sentence, /^[A-Z][^.]*(?:\([^)]*\)[^.]*)?\.$/);
  }
});

const TOUR = '<p>\u00fc <a href="https://example.com/x">link</a></p>';

for (const charset of ['utf-8', 'utf-16le', 'utf-16be', 'utf-16']) {
  test(`HTML in ${charset} and base64 is changed in it`, () => {
    const codes =
      charset === 'utf-8'
        ? Buffer.from(TOUR)
        : Buffer.from(charset === 'utf-16' ? `\ufeff${TOUR}` : TOUR, 'utf16le');
    const bytes = charset === 'utf-16be' ? Buffer.from(codes).swap16() : codes;
    const message = htmlMail(
      bytes.toString('base64'),
      `Content-Type: text/html; charset=${charset}`,
      'Content-Transfer-Encoding: base64',
    );
    const result = instrument(message, options());
    assert.equal(result.links.length, 1);
    const changed = Buffer.from(text(result.message).split('\r\n\r\n')[1] ?? '', 'base64');
    const decoded = new TextDecoder(charset).decode(changed);
    assert.match(decoded, /^<p>\u00fc <a href="https:\/\/track[^"]+">link<\/a><\/p><span [^>]+><\/span>$/);
  });
}

for (const [charset, hex] of [
  ['shift_jis', '955c 835c 97ff'], // second bytes 5C, like a backslash
  ['gbk', '815c 9d5b 817c'], // 5C, 5B, 7C
  ['big5', 'a55c ae7b a57d'], // 5C, 7B, 7D
  ['iso-2022-jp', '1b2442 243c 243e 3c62 1b2842'], // 3C and 3E, like tags
  ['windows-1251', 'cff0e8e2e5f2'],
] as const) {
  test(`text in ${charset} stays, whatever its bytes look like`, () => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1');
    const result = instrument(
      htmlMail(
        `<p>${bytes}<a href="https://a.example/x">${bytes}</a></p>`,
        `Content-Type: text/html; charset=${charset}`,
      ),
      options(),
    );
    assert.equal(result.links.length, 1);
    assert.ok(text(result.message).includes(`<p>${bytes}<a href="https://track`));
    assert.ok(text(result.message).includes(`">${bytes}</a></p><span `));
  });
}

test('lines in 7bit stay within 998 characters', () => {
  const long = `<p>${'x'.repeat(900)} <a class="c" href="https://example.com/${'y'.repeat(40)}">x</a></p><p>${'z'.repeat(30)}</p>`;
  const result = instrument(htmlMail(`${long}\r\n</body>`), options());
  assert.equal(result.links.length, 1);
  for (const line of text(result.message).split('\r\n')) assert.ok(line.length <= 998, `${line.length}`);
  const destination = `https://example.com/${'y'.repeat(970)}`;
  assert.equal(
    instrument(htmlMail(`<a href="${destination}">x</a>`), options()).links.length,
    0,
    'fits no line',
  );
});

const TRAP = /<a href="[^"]*\/l\/trap-[^>]*><\/a>/g;

test('a trap stands behind the pixel, once, without words and out of reach, and is none of the links', () => {
  const message = htmlMail('<body><p><a href="https://example.com/">You</a></p></body>\r\n');
  const once = instrument(message, options('new', { trapUrl }));
  const [trap = '', ...others] = once.html?.match(TRAP) ?? [];
  assert.deepEqual(others, []);
  assert.ok(once.html?.includes(`</span>${trap}</body>`));
  assert.match(
    trap,
    / tabindex="-1" aria-hidden="true" style="position:absolute;float:left;width:0;height:0;/,
  );
  assert.doesNotMatch(trap, /display|visibility/);
  assert.deepEqual(
    once.links.map(({ from, index }) => [from, index]),
    [['https://example.com/', 1]],
  );
  assert.equal(text(instrument(once.message, options('new', { trapUrl })).message), text(once.message));
  assert.deepEqual(Buffer.from(restore(once.message, once.edits)), message);
  assert.equal(
    stripTracking(once.html ?? '', options().isTracked ?? (() => undefined)),
    '<body><p><a href="https://example.com/">You</a></p></body>\r\n',
  );
});

for (const [what, html, more] of [
  ['no tracked link', '<body><p>Hello</p></body>', {}],
  ['no pixel', '<body><a href="https://a/">x</a></body>', { pixelUrl: null }],
  ['an anchor that is never closed', '<body><a href="https://a/">x</a><a name="end">y</body>', {}],
  ['an anchor around the end of the body', '<body><a href="https://a/">x</body></a>', {}],
  [
    'rules that count anchors',
    '<style>a:last-of-type{color:red}</style><body><a href="https://a/">x</a></body>',
    {},
  ],
  // From 1,200 characters on, SpamAssassin gives a mail with an image more.
  [
    'a length from which on a trap would weigh',
    `<body><img src="https://a/b.png"><a href="https://a/">x</a>${'y '.repeat(430)}</body>`,
    {},
  ],
] as const) {
  test(`no trap in a document with ${what}`, () => {
    const result = instrumentHtml(html, options('new', { trapUrl, ...more }));
    assert.doesNotMatch(result.html, TRAP);
    assert.ok(result.pixel !== null || result.links.length > 0);
  });
}

test('a quoted trap goes, also one that a mail program wrote anew or a gateway wrapped, and words put into it stay', () => {
  const safe = `https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(`${HOST}/l/trap-old?to=x`)}&amp;data=1`;
  const html = `<p>Yes</p><blockquote><a href="${HOST}/l/trap-old?to=x"></a><a href="${safe}" tabindex=-1></a><a
    href=${HOST}/l/trap-old?to=x>kept</a><a href="${HOST}/l/old-1?to=https%3A%2F%2Fa%2F">you</a></blockquote>`;
  const restored = '<p>Yes</p><blockquote>kept<a href="https://a/">you</a></blockquote>';
  assert.equal(stripTracking(html, options().isTracked ?? (() => undefined)), restored);
  const again = instrumentHtml(html, options('new', { trapUrl }));
  assert.equal(again.html.match(/\/l\/trap-/g)?.length, 1);
  assert.equal(again.links.length, 1);
});

test('a trap quoted in plain text goes with its brackets', () => {
  const quoted = mail(
    ...HEADER,
    'Content-Type: text/plain',
    '',
    `> See ${HOST}/l/old-1?to=https%3A%2F%2Fa%2F and <${HOST}/l/trap-old?to=x> so on`,
    '',
  );
  const result = instrument(quoted, options('new', { trapUrl }));
  assert.ok(text(result.message).endsWith('\r\n> See https://a/ and  so on\r\n'), text(result.message));
});

/** Mails of all encodings and line ends, with tags and text between. */
const mails = fc
  .record({
    pieces: fc.array(
      fc.constantFrom(
        '<a href="https://example.com/a">',
        '<a href=http://b/?x&y>',
        '</a>',
        '<p>',
        'text ',
        '= \u00fc\r\n',
        '<table><tr><td>',
        '</td></tr></table>',
        '<pre>',
        '</pre>',
        '</body>',
        '<body>',
        '<!-- </body> -->',
        `<img src="${HOST}/o/old.gif">`,
        `<a href="${HOST}/l/old-1?to=http%3A%2F%2Fold%2F%3Fa%26b">`,
        `<a href="${HOST}/l/trap-old?to=x" style="float:left"></a>`,
        'x'.repeat(100),
      ),
      { maxLength: 25 },
    ),
    encoding: fc.constantFrom('8bit', 'quoted-printable', 'base64'),
    lineEnd: fc.constantFrom('\r\n', '\n'),
  })
  .map(({ pieces, encoding, lineEnd }) => {
    const body = Buffer.from(pieces.join('').replaceAll('\r\n', lineEnd));
    const encoded =
      encoding === 'base64'
        ? body.toString('base64').replaceAll(/.{60}(?=.)/g, `$&${lineEnd}`)
        : encoding === '8bit'
          ? body.toString('latin1')
          : body
              .toString('latin1')
              .replaceAll(/[=\x80-\xff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase()}`);
    const part = [
      'Content-Type: text/html; charset=utf-8',
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      encoded,
    ];
    const lines = [
      ...HEADER,
      ALTERNATIVE,
      '',
      'preamble',
      '--b',
      ...part,
      '--b',
      'Content-Type: text/plain',
      '',
      'file',
      '--b--',
      'epilogue',
      '',
    ];
    return Buffer.from(lines.join(lineEnd), 'latin1');
  });

/** How an address was quoted and escaped, and where a tag's line broke, is not known any more once it is tracked. */
function spelling(html: string | null): string | undefined {
  return html
    ?.replaceAll(/href="?([^">]*)"?/g, (_, href: string) => `href=${href.replaceAll('&amp;', '&')}`)
    .replaceAll(/<[^>]*>/g, (tag) => tag.replaceAll(/\s+/g, ' ').replace(' >', '>'));
}

test('for any mail: twice is once, what is reported restores the input, other parts stay', () => {
  fc.assert(
    fc.property(mails, fc.boolean(), fc.boolean(), (message, footer, trap) => {
      const more: Partial<InstrumentOptions> = {
        ...(footer ? { disclosure: { kind: 'footer', pageUrl: `${HOST}/r/x` } } : {}),
        ...(trap ? { trapUrl } : {}),
      };
      const once = instrument(message, options('new', more));
      assert.deepEqual(Buffer.from(restore(once.message, once.edits)), message);
      const twice = instrument(once.message, options('new', more));
      assert.equal(text(twice.message), text(once.message));
      assert.deepEqual([twice.pixel, twice.links], [once.pixel, once.links]);
      if (!once.touched) return;
      const rest = text(message).slice(
        text(message).lastIndexOf('--b\n') === -1
          ? text(message).lastIndexOf('--b\r\n')
          : text(message).lastIndexOf('--b\n'),
      );
      assert.ok(text(once.message).endsWith(rest));
      const off = instrument(once.message, options('new', { pixelUrl: null, linkUrl: null }));
      const plain = instrument(message, options('new', { pixelUrl: null, linkUrl: null }));
      assert.equal(spelling(off.html), spelling(plain.html), 'tracking can be taken out again');
    }),
    { numRuns: 1_000 },
  );
});
