import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { instrument, restore, type InstrumentOptions, type PlainText } from './instrument.ts';
import { findAddresses } from './text-addresses.ts';
import { textToHtml } from './text-html.ts';

const HOST = 'https://track.example.org';

function options(plainText: PlainText | undefined, more: Partial<InstrumentOptions> = {}): InstrumentOptions {
  return {
    pixelUrl: `${HOST}/o/copy.gif`,
    linkUrl: (destination, index) => `${HOST}/l/copy-${index}?to=${encodeURIComponent(destination)}`,
    isTracked: (url) => {
      if (url.startsWith(`${HOST}/o/`)) return { kind: 'pixel' };
      const to = url.startsWith(`${HOST}/l/`) ? /\?to=(.*)$/.exec(url)?.[1] : undefined;
      return to === undefined ? undefined : { kind: 'link', destination: decodeURIComponent(to) };
    },
    ...(plainText === undefined ? {} : { plainText }),
    ...more,
  };
}

const HEADER = 'From: ann@example.org\r\nTo: bob@example.com\r\nSubject: x\r\n';

function mail(text: string, fields = 'Content-Type: text/plain; charset=utf-8\r\n'): Buffer {
  return Buffer.from(`${HEADER}${fields}\r\n${text}`);
}

const tracked = (destination: string, index = 1): string =>
  `${HOST}/l/copy-${index}?to=${encodeURIComponent(destination)}`;

for (const [text, addresses] of [
  ['See https://example.com/x.', ['https://example.com/x']],
  [
    '<https://example.com/x>, (http://example.com/a_(b)) or "https://example.com/?q=1!"',
    ['https://example.com/x', 'http://example.com/a_(b)', 'https://example.com/?q=1'],
  ],
  ['[https://example.com/]]] *https://example.net*', ['https://example.com/', 'https://example.net']],
  ['xhttps://example.com http:// ftp://example.com www.example.com', []],
] as const) {
  test(`web addresses in text are found without what is around them: ${text}`, () => {
    assert.deepEqual(
      findAddresses(text).map(({ start, end }) => text.slice(start, end)),
      addresses,
    );
  });
}

test('HTML is put beside a text of many lines, but not beside one that nobody reads', () => {
  const message = mail('\n'.repeat(199_000));
  const { pixel, message: output, edits } = instrument(message, options('alternative'));
  assert.notEqual(pixel, null);
  assert.ok(message.equals(restore(output, edits)));
  const { touched, reason } = instrument(mail('\n'.repeat(201_000)), options('alternative'));
  assert.deepEqual([touched, reason?.code], [false, 'plain-text-only']);
});

test('a text that is quoted more often than any conversation keeps its marks', () => {
  const format = { flowed: true, deleteSpace: false };
  assert.match(textToHtml('> a\nb\n'.repeat(1_000), format), /<\/blockquote>\nb<br>/);
  assert.match(textToHtml('> a\nb\n'.repeat(3_000), format), /<br>\n&gt; a<br>\nb<br>/);
});

test('a link’s neighbours do not decide by their length which words are near it, so twice is once', () => {
  for (let length = 0; length < 300; length += 10) {
    const quoted = tracked('https://a.example/one');
    const line = `To unsubscribe, ${'x'.repeat(length)} ${quoted} or https://a.example/two\r\n`;
    const once = instrument(mail(line), options('links')).message;
    assert.ok(Buffer.from(once).equals(instrument(once, options('links')).message), `length ${length}`);
  }
});

test('plain text stays as it is, unless something else is asked for', () => {
  const message = mail('See https://example.com/x\r\n');
  for (const plainText of [undefined, 'keep'] as const) {
    const { touched, reason, message: kept } = instrument(message, options(plainText));
    assert.deepEqual([touched, reason?.code], [false, 'plain-text-only']);
    assert.ok(message.equals(kept));
  }
});

test('links in plain text lead over us, but those to leave a list, placeholders and addresses cut by a line end', () => {
  const text = [
    'Read https://example.com/a?b=1&c=2. And again: <https://example.com/a?b=1&c=2>',
    'Unsubscribe here: https://example.com/u',
    '',
    'https://example.com/{{name}} <https://example.com/very/',
    'long>',
    '> quoted https://example.net',
    '-- ',
    'Ann https://ann.example',
    '',
  ].join('\r\n');
  const result = instrument(mail(text), options('links'));
  assert.deepEqual(
    result.links.map(({ from, index }) => [from, index]),
    [
      ['https://example.com/a?b=1&c=2', 1],
      ['https://example.net', 2],
      ['https://ann.example', 3],
    ],
  );
  assert.equal(result.pixel, null);
  const body = Buffer.from(result.message).toString().split('\r\n\r\n').slice(1).join('\r\n\r\n');
  const first = tracked('https://example.com/a?b=1&c=2');
  assert.equal(
    body,
    text
      .replaceAll('https://example.com/a?b=1&c=2', first)
      .replace('https://example.net', tracked('https://example.net', 2))
      .replace('https://ann.example', tracked('https://ann.example', 3)),
  );
});

test('a line that cannot be folded keeps an address that would make it too long', () => {
  const text = `${'x'.repeat(900)} https://example.com/ https://example.net/\r\nhttps://example.org/\r\n`;
  const result = instrument(mail(text), options('links'));
  assert.deepEqual(
    result.links.map(({ from }) => from),
    ['https://example.com/', 'https://example.org/'],
  );
  for (const line of Buffer.from(result.message).toString().split('\r\n')) assert.ok(line.length <= 998);
});

test('text without links has nothing to track', () => {
  assert.equal(instrument(mail('Hello\r\n'), options('links')).reason?.code, 'nothing-to-do');
});

test('with an alternative the text part is the one that was there, fields and body, byte for byte', () => {
  const body = 'Hello <Bob> & all,\r\n\r\n  see\thttps://example.com/a?b=1&c=2.\r\n-- \r\nAnn';
  const fields =
    'MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX-Last: 1\r\n';
  const result = instrument(mail(body, fields), options('alternative'));
  const message = Buffer.from(result.message).toString();
  const boundary = /boundary="([^"]+)"/.exec(message)?.[1] ?? '';
  assert.ok(
    message.startsWith(
      `${HEADER}MIME-Version: 1.0\r\nX-Last: 1\r\nContent-Type: multipart/alternative; boundary="${boundary}"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n` +
        `--${boundary}\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}\r\n--${boundary}\r\n`,
    ),
  );
  assert.ok(message.endsWith(`\r\n--${boundary}--\r\n`));
  assert.equal(result.pixel, `${HOST}/o/copy.gif`);
  assert.deepEqual(result.links, [], 'a link that shows its address stays');
  assert.match(
    result.html ?? '',
    /Hello &lt;Bob&gt; &amp; all,<br>\n<br>\n&nbsp; see&nbsp;&nbsp; <a href="https:\/\/example\.com\/a\?b=1&amp;c=2">https:\/\/example\.com\/a\?b=1&amp;c=2<\/a>\.<br>\n-- <br>\nAnn<br>/,
  );
  assert.ok(result.html?.includes('/o/copy.gif'));
});

test('mail without any MIME field becomes MIME', async () => {
  const result = instrument(mail('Hello\r\n', ''), options('alternative'));
  const { headerLines, text, html } = await simpleParser(Buffer.from(result.message));
  assert.deepEqual(
    headerLines.map(({ key }) => key),
    ['from', 'to', 'subject', 'mime-version', 'content-type'],
  );
  assert.equal(text?.trim(), 'Hello');
  assert.match(String(html), /Hello<br>[^]*<span style="background:/);
});

test('the first text of a mixed mail gets its alternative in its place; attachments stay', async () => {
  const message = mail(
    '--b\r\n\r\nHello\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--b--\r\n',
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n',
  );
  const result = instrument(message, options('alternative'));
  const { text, html, attachments } = await simpleParser(Buffer.from(result.message));
  assert.equal(text?.trim(), 'Hello');
  assert.match(String(html), /<span style="background:/);
  assert.deepEqual(
    attachments.map(({ content }) => content.toString()),
    ['file'],
  );
  assert.ok(message.equals(restore(result.message, result.edits)));
});

test('a disclosure line that was asked for stands in the alternative, and cannot stand in text', () => {
  const disclosure = { kind: 'footer' as const, pageUrl: `${HOST}/r/page` };
  const message = mail('See https://example.com/\r\n');
  assert.match(
    instrument(message, options('alternative', { disclosure })).html ?? '',
    /data-waybill="disclosure"/,
  );
  assert.equal(instrument(message, options('links', { disclosure })).reason?.code, 'no-disclosure-place');
});

test('flowed text flows, fixed text keeps its lines and columns', () => {
  const flowed = 'One \r\ntwo\r\n>> deep \r\n>> er\r\n> up\r\n  indented\r\n-- \r\nAnn\r\n';
  const markup = textToHtml(flowed, { flowed: true, deleteSpace: false });
  assert.match(
    markup,
    /\nOne two<br>\n<blockquote [^>]+>\n<blockquote [^>]+>\ndeep er<br>\n<\/blockquote>\nup<br>\n<\/blockquote>\n&nbsp;indented<br>\n-- <br>\nAnn<br>\n<\/div>/,
  );
  assert.match(textToHtml('a \r\nb', { flowed: true, deleteSpace: true }), />\nab<br>/);
  assert.match(
    textToHtml('> a  b\tc\r\n d', { flowed: false, deleteSpace: false }),
    /font-family:monospace">\n&gt; a&nbsp; b&nbsp; c<br>\n&nbsp;d<br>\n<\/div>/,
  );
});

test('our links in the text of a reply are turned back, with HTML beside it or without', () => {
  const quoted = `> Read <${tracked('https://example.com/a?b=1&c=\u00fc', 7)}>\r\n`;
  const alone = instrument(mail(`Thanks\r\n${quoted}`), options('keep'));
  assert.deepEqual([alone.touched, alone.pixel, alone.links], [true, null, []]);
  assert.ok(
    Buffer.from(alone.message).toString().endsWith('> Read <https://example.com/a?b=1&c=%C3%BC>\r\n'),
  );
  const both = [
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    quoted.trim().replaceAll('=', '=3D').replace('/l/', '/=\r\nl/'),
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    `<a href="${tracked('https://example.com/', 7)}">Read</a>`,
    '--b--',
    '',
  ].join('\r\n');
  const message = mail(both, 'Content-Type: multipart/alternative; boundary=b\r\n');
  const reply = instrument(message, options('links'));
  const text = Buffer.from(reply.message).toString();
  assert.ok(!text.includes('copy-7'));
  assert.match(text, /> Read <(?:=\r\n)?https:\/\/example\.com\/a\?b=3D1&c=3D%C3%BC>/);
  assert.deepEqual(
    reply.links.map(({ from }) => from),
    ['https://example.com/'],
  );
  assert.ok(message.equals(restore(reply.message, reply.edits)));
});

const texts = fc
  .record({
    pieces: fc.array(
      fc.constantFrom(
        'https://example.com/a?b=1&c=2',
        '<http://b/?x>',
        ` ${tracked('https://old.example/', 3)} `,
        'text ',
        '  ',
        '\r\n',
        '> ',
        '-- \r\n',
        '--b\r\n',
        '= \u00fc.',
        '\t<&>"',
        'x'.repeat(120),
      ),
      { maxLength: 30 },
    ),
    encoding: fc.constantFrom('8bit', 'quoted-printable', 'base64'),
    lineEnd: fc.constantFrom('\r\n', '\n'),
    flowed: fc.boolean(),
    mixed: fc.boolean(),
  })
  .map(({ pieces, encoding, lineEnd, flowed, mixed }) => {
    const body = Buffer.from(
      pieces
        .join('')
        .replaceAll('--b', mixed ? '-b' : '--b')
        .replaceAll('\r\n', lineEnd),
    );
    const encoded =
      encoding === 'base64'
        ? body.toString('base64').replaceAll(/.{60}(?=.)/g, `$&${lineEnd}`)
        : encoding === '8bit'
          ? body.toString('latin1')
          : body
              .toString('latin1')
              .replaceAll(/[=\x80-\xff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase()}`);
    const part = [
      `Content-Type: text/plain; charset=utf-8${flowed ? '; format=flowed' : ''}`,
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      encoded,
    ];
    const lines = mixed
      ? ['Content-Type: multipart/mixed; boundary=b', '', '--b', ...part, '--b', '', 'footer', '--b--', '']
      : part;
    return Buffer.from(['From: ann@example.org', 'MIME-Version: 1.0', ...lines].join(lineEnd), 'latin1');
  });

test('for any text: twice is once, and what is reported restores the input', async () => {
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.constantFrom<PlainText>('keep', 'links', 'alternative'),
      async (message, plainText) => {
        const once = instrument(message, options(plainText));
        assert.deepEqual(Buffer.from(restore(once.message, once.edits)), message);
        const twice = instrument(once.message, options(plainText));
        assert.equal(
          Buffer.from(twice.message).toString('latin1'),
          Buffer.from(once.message).toString('latin1'),
        );
        assert.deepEqual([twice.pixel, twice.links], [once.pixel, once.links]);
        const lineEnds = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes('\r\n');
        assert.equal(lineEnds(once.message), lineEnds(message));
        if (plainText !== 'alternative') return;
        assert.notEqual(once.pixel, null);
        // The text as a reader sees it is what it was, but for links of ours in it.
        const off = instrument(message, options('keep'));
        const [is, was] = await Promise.all(
          [once, off].map((result) => simpleParser(Buffer.from(result.message), { skipHtmlToText: true })),
        );
        assert.equal((is?.text ?? '').trimEnd(), (was?.text ?? '').trimEnd());
      },
    ),
    { numRuns: 500 },
  );
});
