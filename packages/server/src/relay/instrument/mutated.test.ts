import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instrument, prepareMessage, restore, type InstrumentOptions } from './instrument.ts';

const HOST = 'https://track.example.org';
const PIXEL = `${HOST}/o/copy.gif`;

const OPTIONS: InstrumentOptions = {
  pixelUrl: PIXEL,
  linkUrl: (destination, index) => `${HOST}/l/${index}?to=${encodeURIComponent(destination)}`,
  isTracked: (url) => {
    if (url === PIXEL) return { kind: 'pixel' };
    const to = url.startsWith(`${HOST}/l/`) ? /\?to=(.*)$/.exec(url)?.[1] : undefined;
    return to === undefined ? undefined : { kind: 'link', destination: decodeURIComponent(to) };
  },
};

const MARKUP = (
  '<p> </p> <div> </div> <table><tr><td> </td></tr></table> <pre> </pre> <plaintext> <noscript> </noscript> <template> ' +
  '</template> <svg> </svg> <math><mi> </math> <!--[if␣mso]> <![endif]--> <!--[if␣!mso]><!--> <!--<![endif]--> <body> ' +
  '</body> <html> </html> <frameset> <a␣href="https://shop.example/a?b=1&amp;c=2">Offer</a> <a␣href=https://shop.example/q> ' +
  "<a␣href='https://shop.example/x'␣title='x'>t</a> <a␣href=\" <img␣src=\"https://i.example/x.png\"␣alt=a> " +
  '<style>p:last-child{} </style> <script> </script> <textarea> <!-- --> <base␣href="https://b.example/"> < > " \' </ ' +
  '<v:rect␣href="https://v.example/"> <button> <select> <iframe> <br> \r\n = -- . é 你好 '
).split(' ');

const documents = fc
  .array(fc.constantFrom(...MARKUP), { maxLength: 30 })
  .map((bits) => bits.join('').replaceAll('␣', ' '));

/** Text in a charset, as some program would write it. */
const CHARSETS: Readonly<Record<string, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text),
  'iso-8859-1': (text) => Buffer.from(text.replaceAll(/[^\0-\xff]/g, '?'), 'latin1'),
  'koi8-r': (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]/g, '\xc1'), 'latin1'),
  'utf-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
  'iso-2022-jp': (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]+/g, '\x1b$B$3$s\x1b(B'), 'latin1'),
  shift_jis: (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]/g, '\x83\x5c'), 'latin1'),
  gb18030: (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]/g, '\x81\x30\x81\x30'), 'latin1'),
  'utf-7': (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]+/g, '+AGE-')),
  'x-unknown': (text) => Buffer.from(text),
};

function quoted(bytes: Buffer, width: number): string {
  return bytes
    .toString('latin1')
    .split('\r\n')
    .map((line) =>
      line
        .replaceAll(/[^ -<>-~]/g, (byte) => `=${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
        .replaceAll(new RegExp(`(?:=..|[^=]){1,${width}}(?=.)`, 'g'), '$&=\r\n'),
    )
    .join('\r\n');
}

const ENCODINGS: Readonly<Record<string, (bytes: Buffer, width: number) => string>> = {
  '8bit': (bytes) => bytes.toString('latin1'),
  'quoted-printable': quoted,
  base64: (bytes, width) =>
    bytes.toString('base64').replaceAll(new RegExp(`.{${width * 4}}(?=.)`, 'g'), '$&\r\n'),
  'x-uuencode': (bytes) => bytes.toString('latin1'),
};

const part = fc
  .record({
    text: documents,
    charset: fc.constantFrom(...Object.keys(CHARSETS)),
    encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
    width: fc.integer({ min: 1, max: 18 }),
    end: fc.constantFrom('\r\n', ''),
  })
  .map(({ text, charset, encoding, width, end }) => {
    const body = ENCODINGS[encoding]?.(CHARSETS[charset]?.(text) ?? Buffer.alloc(0), width) ?? '';
    return `Content-Type: text/html; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}${end}`;
  });

const message = fc
  .record({
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom('mixed', 'alternative', 'related'),
    boundary: fc.constantFrom('b', 'bb', '=_b'),
    close: fc.constantFrom('--', '--\r\nepilogue <a href="https://e.example/">e</a>\r\n', ''),
    single: fc.boolean(),
  })
  .map(({ parts, kind, boundary, close, single }) => {
    const text = single
      ? (parts[0] ?? '')
      : `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n` +
        `${parts.map((each) => `--${boundary}\r\n${each}\r\n`).join('')}--${boundary}${close}`;
    return Buffer.from(`From: ann@example.org\r\nMIME-Version: 1.0\r\n${text}`, 'latin1');
  });

const longestLine = (bytes: Buffer): number =>
  Math.max(
    ...bytes
      .toString('latin1')
      .split('\n')
      .map(({ length }) => length),
  );

test('whatever the markup, charset, encoding and structure: restored byte for byte, and twice is once', () => {
  fc.assert(
    fc.property(message, (input) => {
      const result = instrument(input, OPTIONS);
      const output = Buffer.from(result.message);
      assert.equal(result.sizeBytes, output.length);
      assert.ok(input.equals(restore(output, result.edits)), 'restored');
      if (!result.touched) assert.ok(input.equals(output), 'untouched');
      assert.ok(longestLine(output) <= Math.max(999, longestLine(input)), 'line length');
      const again = instrument(output, OPTIONS);
      assert.ok(output.equals(again.message), 'a second pass');
      if (result.touched) assert.deepEqual(again.links, result.links);
      for (const { from, to } of result.links) assert.equal(new URL(to).searchParams.get('to'), from);
    }),
    { numRuns: 1_500 },
  );
});

test('copies of a message that was read once are those of a message read for each', () => {
  fc.assert(
    fc.property(
      message,
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b') }), { maxLength: 3 }),
      (input, names) => {
        const prepared = prepareMessage(input);
        for (const name of names) {
          const options = { ...OPTIONS, pixelUrl: `${HOST}/o/${name}.gif` };
          const alone = instrument(input, options);
          const copy = instrument(prepared, options);
          assert.ok(Buffer.from(alone.message).equals(copy.message));
          assert.deepEqual([copy.reason, copy.links, copy.html], [alone.reason, alone.links, alone.html]);
        }
      },
    ),
    { numRuns: 200 },
  );
});

/** Found by such mutation. */
const mail = (headers: string, body: string): Buffer =>
  Buffer.from(`From: ann@example.org\r\n${headers}\r\n\r\n${body}`, 'latin1');

test('a byte order mark stays in front', () => {
  for (const [charset, bytes] of [
    ['utf-8', Buffer.from('\ufeffHello</pre')],
    ['utf-16', Buffer.from('\ufeffHello <plaintext>', 'utf16le')],
  ] as const) {
    const headers = `Content-Type: text/html; charset=${charset}\r\nContent-Transfer-Encoding: base64`;
    const { html, pixel } = instrument(mail(headers, bytes.toString('base64')), OPTIONS);
    assert.equal(pixel, PIXEL);
    assert.match(html ?? '', /^\ufeff<span/);
  }
});

test('nothing is put behind an end tag that breaks off: it would be a comment', () => {
  const { html } = instrument(mail('Content-Type: text/html', '<p>Hello</p></'), OPTIONS);
  assert.match(html ?? '', /^<span [^>]*><\/span><p>Hello<\/p><\/$/);
});

test('an empty part whose boundary follows its header at once stays empty', () => {
  const input = mail(
    'Content-Type: multipart/mixed; boundary=b',
    '--b\r\nContent-Type: text/html\r\n\r\n--b--\r\n',
  );
  const { touched, message: output } = instrument(input, OPTIONS);
  assert.equal(touched, false);
  assert.ok(input.equals(output));
});

/** Found by mutation with mail that quotes our own, and with all that can be asked for. */
const FOOTER = { kind: 'footer', pageUrl: `${HOST}/r/copy` } as const;
for (const [what, headers, body, more] of [
  [
    'a header field to disclose, in mail that gets HTML',
    'Content-Type: text/plain',
    'Hello\r\n',
    { plainText: 'alternative', disclosure: { ...FOOTER, kind: 'header' } },
  ],
  [
    'a line to disclose, before blanks at the end',
    'Content-Type: text/html',
    '<a href="https://shop.example/">x</a><img src="https://i.example/x.png"> \r\n',
    { pixelUrl: null, disclosure: FOOTER },
  ],
  [
    'a line to disclose, as all that rules count from the end',
    'Content-Type: text/html',
    '<style>p:last-child{}</style>',
    { disclosure: FOOTER },
  ],
] as const) {
  test(`twice is once: ${what}`, () => {
    const options: InstrumentOptions = { ...OPTIONS, ...more };
    const once = instrument(mail(headers, body), options).message;
    assert.match(Buffer.from(once).toString(), /[Dd]isclosure/);
    assert.equal(Buffer.from(instrument(once, options).message).toString(), Buffer.from(once).toString());
  });
}

test('twice is once: links without quotes in short mail, whatever its length', () => {
  for (let length = 0; length < 500; length += 1) {
    const links = '<a href=https://shop.example/>x</a>'.repeat(3);
    const input = mail(
      'Content-Type: text/html',
      `<img src="https://i.example/x.png">${links}${'x'.repeat(length)}`,
    );
    const once = instrument(input, OPTIONS).message;
    assert.ok(Buffer.from(once).equals(instrument(once, OPTIONS).message), `length ${length}`);
  }
});
