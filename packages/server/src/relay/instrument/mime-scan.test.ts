import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBytes } from './byte-source.ts';
import { displayedHtml } from './displayed-part.ts';
import { scanMime, type Entity } from './mime-scan.ts';
import { cpuMs } from '../../../test/support/cpu-time.ts';

/** A message from lines. */
function mail(...lines: string[]): Buffer {
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

function scan(...lines: string[]): { message: Buffer; root: Entity; defect: string | undefined } {
  const message = mail(...lines);
  return { message, ...scanMime(new MemoryBytes(message)) };
}

function body(message: Buffer, entity: Entity | undefined): string | undefined {
  return entity && message.toString('latin1', entity.bodyStart, entity.bodyEnd);
}

function types(entity: Entity): unknown[] {
  return [entity.contentType.value, ...entity.children.map(types)];
}

test('parts end before the line end that belongs to the boundary', () => {
  const { message, root, defect } = scan(
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    'preamble --b',
    '--b',
    'Content-Type: text/html',
    '',
    'one',
    '',
    '--b ',
    '',
    'two',
    '--b--\t',
    'epilogue',
  );
  assert.equal(defect, undefined);
  assert.deepEqual(
    root.children.map((child) => body(message, child)),
    ['one\r\n', 'two'],
  );
  assert.deepEqual(types(root), ['multipart/mixed', ['text/html'], ['text/plain']]);
});

test('a line that only begins like a boundary is text', () => {
  const { message, root } = scan(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    '--bc',
    ' --b',
    '--b-',
    '--b--',
  );
  assert.deepEqual(
    root.children.map((child) => body(message, child)),
    ['--bc\r\n --b\r\n--b-'],
  );
});

test('boundaries nest, also when the outer one begins like the inner one', () => {
  const { message, root, defect } = scan(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: multipart/alternative; boundary="b:1"',
    '',
    '--b:1',
    'Content-Type: text/html',
    '',
    'x',
    '--b:1--',
    '--b--',
  );
  assert.equal(defect, undefined);
  assert.equal(body(message, displayedHtml(root)), 'x');
});

test('a part may be empty, and even have no empty line', () => {
  const { message, root, defect } = scan(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/html',
    '--b',
    '',
    '--b--',
  );
  assert.equal(defect, undefined);
  assert.deepEqual(
    root.children.map((child) => body(message, child)),
    ['', ''],
  );
});

for (const [what, ...lines] of [
  ['no boundary parameter', 'Content-Type: multipart/mixed', '', '--b', '', 'x', '--b--'],
  ['no first boundary', 'Content-Type: multipart/mixed; boundary=b', '', 'x'],
  ['no last boundary', 'Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x'],
  ['two types that differ', 'Content-Type: text/html', 'Content-Type: text/plain', '', 'x'],
  [
    'two encodings that differ',
    'Content-Transfer-Encoding: 7bit',
    'Content-Transfer-Encoding: base64',
    '',
    'x',
  ],
  [
    'an encoded multipart',
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Transfer-Encoding: base64',
    '',
    '--b',
    '',
    '--b--',
  ],
  ['a quote that is not closed', 'Content-Type: text/html; charset="utf-8', '', 'x'],
  [
    'an equals sign in a bare boundary',
    'Content-Type: multipart/mixed; boundary=--=b',
    '',
    '----=b',
    '',
    '----=b--',
  ],
  ['a type without slash', 'Content-Type: html', '', 'x'],
  ['a split boundary', 'Content-Type: multipart/mixed; boundary*0=b; boundary=b', '', '--b', '', '--b--'],
  [
    'text behind the end that begins again',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    '--b--',
    '--b',
    '',
    '--b--',
  ],
  [
    'the same boundary twice',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    '--b--',
    '--b--',
  ],
  [
    'a boundary that looks like the end of the other',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: multipart/mixed; boundary="b--"',
    '',
    '--b--',
    '',
    '--b----',
    '--b--',
  ],
] as [string, ...string[]][]) {
  test(`a broken structure is noticed: ${what}`, () => {
    assert.equal(scan(...lines).defect, 'broken-mime');
  });
}

for (const [what, ...lines] of [
  ['a line that is no field', 'Subject: x', 'no field', '', 'x'],
  ['a folded line without field', ' folded', 'Subject: x', '', 'x'],
  ['a bare carriage return', 'Subject: x\ry', '', 'x'],
  ['a NUL', 'Subject: x\0y', '', 'x'],
] as [string, ...string[]][]) {
  test(`a malformed header is noticed: ${what}`, () => {
    assert.equal(scan(...lines).defect, 'broken-header');
  });
}

test('damage inside a forwarded message is not damage of the message around it', () => {
  const { message, root, defect } = scan(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/html',
    '',
    'x',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'no header',
    'Content-Type: multipart/mixed; boundary=c',
    '',
    '--c',
    '',
    'never closed',
    '--b--',
  );
  assert.equal(defect, undefined);
  assert.equal(body(message, displayedHtml(root)), 'x');
  assert.deepEqual(types(root), [
    'multipart/mixed',
    ['text/html'],
    ['message/rfc822', ['multipart/mixed', ['text/plain']]],
  ]);
  assert.ok(body(message, root.children[1])?.endsWith('never closed'));
});

test('a mailbox file’s separator in front is passed over', () => {
  assert.equal(
    scan('From ann@example.com Mon Nov 23 21:00:00 2026', 'Subject: x', '', 'x').defect,
    undefined,
  );
});

test('parts are counted and nesting is measured', () => {
  const many = (count: number): string[] => [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    ...'--b\r\n\r\nx\r\n'.repeat(count).split('\r\n'),
    '--b--',
  ];
  assert.equal(scan(...many(1_000)).defect, undefined);
  assert.equal(scan(...many(1_001)).defect, 'too-many-parts');
  const nested = (depth: number): string[] => {
    const lines = Array.from({ length: depth }, (_, index) => [
      `Content-Type: multipart/mixed; boundary=b${index}`,
      '',
      `--b${index}`,
    ]);
    return [...lines.flat(), '', ...Array.from({ length: depth }, (_, index) => `--b${depth - 1 - index}--`)];
  };
  assert.equal(scan(...nested(64)).defect, undefined);
  assert.equal(scan(...nested(65)).defect, 'too-deep');
  const forwarded = Buffer.from('Content-Type: message/rfc822\r\n\r\n'.repeat(100_000));
  assert.equal(scanMime(new MemoryBytes(forwarded)).defect, 'too-deep');
});

test('millions of lines that look like boundaries cost little', () => {
  const levels = Array.from({ length: 60 }, (_, index) => [
    `Content-Type: multipart/mixed; boundary="${'x'.repeat(100)}${index}"`,
    '',
    `--${'x'.repeat(100)}${index}`,
  ]);
  const message = mail(
    ...levels.flat(),
    '',
    `--${'x'.repeat(100)}\r\n`.repeat(200_000),
    '--\r\n'.repeat(1_000_000),
  );
  const ms = cpuMs(() => scanMime(new MemoryBytes(message)));
  assert.ok(ms < 4_000, `${Math.round(ms)} ms for ${message.length} bytes`);
});

const HTML = ['Content-Type: text/html', ''];

test('the displayed part: the last HTML of alternatives, not AMP', () => {
  const { message, root } = scan(
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    '',
    'plain',
    '--b',
    'Content-Type: text/x-amp-html',
    '',
    'amp',
    '--b',
    ...HTML,
    'shown',
    '--b--',
  );
  assert.equal(body(message, displayedHtml(root)), 'shown');
});

test('the displayed part: the root of related parts, by name or the first', () => {
  const related = (parameters: string): { message: Buffer; root: Entity } =>
    scan(
      `Content-Type: multipart/related; boundary=b${parameters}`,
      '',
      '--b',
      'Content-ID: <one@x>',
      ...HTML,
      'one',
      '--b',
      'Content-ID: <two@x>',
      ...HTML,
      'two',
      '--b--',
    );
  const first = related('');
  assert.equal(body(first.message, displayedHtml(first.root)), 'one');
  const named = related('; start="<two@x>"');
  assert.equal(body(named.message, displayedHtml(named.root)), 'two');
});

test('the displayed part: the HTML among related parts, when an image comes first', () => {
  const { message, root } = scan(
    'Content-Type: multipart/related; boundary=b',
    '',
    '--b',
    'Content-Type: image/png',
    '',
    'x',
    '--b',
    ...HTML,
    'shown',
    '--b--',
  );
  assert.equal(body(message, displayedHtml(root)), 'shown');
});

test('the displayed part: never an attachment, a file, a forwarded message or a digest', () => {
  for (const lines of [
    ['Content-Disposition: attachment', ...HTML],
    ['Content-Disposition: inline; filename="page.html"', ...HTML],
    ['Content-Type: text/html; name=page.html', ''],
    ['Content-Type: message/rfc822', '', ...HTML],
    ['Content-Type: multipart/digest; boundary=c', '', '--c', '', ...HTML, 'x', '--c--'],
  ]) {
    const { root } = scan(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'plain',
      '--b',
      ...lines,
      'x',
      '--b--',
    );
    assert.equal(displayedHtml(root), undefined, lines.join('|'));
  }
});
