import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, type ByteEdit } from './encoded-body.ts';
import { applyEdits } from './message-edits.ts';
import { openPart } from './transfer-coding.ts';

/** Changes an encoded body and gives the new body back. */
function change(
  body: Buffer,
  encoding: string,
  edits: readonly ByteEdit[],
  lineEnd: '\r\n' | '\n' = '\r\n',
): Buffer {
  const part = openPart({ encoded: body, lineEnd }, encoding);
  assert.ok(typeof part !== 'string', 'the body is readable');
  return applyEdits(body, part.encode(edits));
}

function decode(body: Buffer, encoding: string): Buffer {
  const part = openPart({ encoded: body, lineEnd: '\r\n' }, encoding);
  assert.ok(typeof part !== 'string');
  return bytesOf(part);
}

/** An independent encoder, to have something to change. */
function toQuotedPrintable(text: Buffer, lineEnd: string, width: number): Buffer {
  let out = '';
  let line = '';
  const lines = text.toString('latin1').split('\n');
  for (const [index, content] of lines.entries()) {
    for (const [at, character] of [...content.replace(/\r$/, '')].entries()) {
      const blankAtEnd = at === content.replace(/\r$/, '').length - 1 && /\s/.test(character);
      const code =
        /[!-<>-~ ]/.test(character) && !blankAtEnd
          ? character
          : `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
      if (line.length + code.length >= width) {
        out += `${line}=${lineEnd}`;
        line = '';
      }
      line += code;
    }
    out += line + (index < lines.length - 1 ? lineEnd : '');
    line = '';
  }
  return Buffer.from(out, 'latin1');
}

function toBase64(text: Buffer, lineEnd: string, width: number): Buffer {
  return Buffer.from(
    text.toString('base64').replaceAll(new RegExp(`.{${width}}(?=.)`, 'g'), `$&${lineEnd}`),
    'latin1',
  );
}

const lineEnds = fc.constantFrom('\r\n' as const, '\n' as const);

/** Lines of text with blanks, equals signs and bytes above ASCII. */
function texts(lineEnd: string): fc.Arbitrary<Buffer> {
  const character = fc.constantFrom('a', 'b', '<', '=', ' ', '\t', '.', '-', 'é', 'Z', '=3D');
  const line = fc.array(character, { maxLength: 200 }).map((characters) => characters.join(''));
  return fc.array(line, { maxLength: 8 }).map((lines) => Buffer.from(lines.join(lineEnd), 'latin1'));
}

/** Edits in order whose borders are not inside a line end. */
function editsOf(text: Buffer): fc.Arbitrary<ByteEdit[]> {
  const inside = (offset: number): boolean => text[offset] === 0x0a && text[offset - 1] === 0x0d;
  const inserted = fc.constantFrom(
    '',
    '',
    'x',
    '<img src="http://a/o/b.gif" alt="">',
    '=',
    '-'.repeat(90),
    'y'.repeat(300),
  );
  const edit = fc.record({ start: fc.nat(text.length), length: fc.nat(120), text: inserted });
  return fc.array(edit, { maxLength: 6 }).map((wanted) => {
    const edits: ByteEdit[] = [];
    let last = -1;
    for (const { start, length, text: added } of wanted.toSorted((a, b) => a.start - b.start)) {
      const from = inside(start) ? start - 1 : start;
      let end = Math.min(text.length, from + length);
      if (inside(end)) end -= 1;
      if (from <= last || (from === end && added === '')) continue;
      edits.push({ start: from, end, text: added });
      last = end;
    }
    return edits;
  });
}

const changes = lineEnds.chain((lineEnd) =>
  texts(lineEnd).chain((text) =>
    fc.record({ lineEnd: fc.constant(lineEnd), text: fc.constant(text), edits: editsOf(text) }),
  ),
);

test('quoted-printable: a changed body decodes to the changed text, in lines of at most 76 characters', () => {
  fc.assert(
    fc.property(changes, fc.integer({ min: 20, max: 76 }), ({ lineEnd, text, edits }, width) => {
      const body = toQuotedPrintable(text, lineEnd, width);
      assert.deepEqual(decode(body, 'quoted-printable'), text, 'the decoder reads what the encoder wrote');
      const changed = change(body, 'quoted-printable', edits, lineEnd);
      assert.deepEqual(
        decode(changed, 'quoted-printable').toString('latin1'),
        applyEdits(text, edits).toString('latin1'),
      );
      for (const line of changed.toString('latin1').split(lineEnd)) assert.ok(line.length <= 76, line);
      if (lineEnd === '\n') assert.ok(!changed.includes(0x0d), 'no other line ends');
      else assert.ok(!/[^\r]\n/.test(changed.toString('latin1')), 'no other line ends');
    }),
    { numRuns: 1_500 },
  );
});

test('quoted-printable: no byte changes before the first changed place nor behind the last line that is touched', () => {
  const body = Buffer.from('one =3D two=\r\n three\r\nfour =E9 five\r\nsix\r\n');
  const text = decode(body, 'quoted-printable').toString('latin1');
  const at = text.indexOf('five');
  const changed = change(body, 'quoted-printable', [{ start: at, end: at + 4, text: '5' }]);
  assert.equal(changed.toString('latin1'), 'one =3D two=\r\n three\r\nfour =E9 5\r\nsix\r\n');
});

test('quoted-printable: broken codes stand for themselves and stay', () => {
  const body = Buffer.from('a=ZZ b=4 c=\r\n=c3=a9 <x>   \r\nend=');
  assert.equal(decode(body, 'quoted-printable').toString('latin1'), 'a=ZZ b=4 c\xc3\xa9 <x>\r\nend');
  const changed = change(body, 'quoted-printable', [{ start: 13, end: 16, text: '<y>' }]);
  assert.equal(changed.toString('latin1'), 'a=ZZ b=4 c=\r\n=c3=a9 <y>   \r\nend=');
});

test('quoted-printable: what is added never looks like a boundary or the end of the mail', () => {
  const body = Buffer.from('abc\r\n');
  const changed = change(body, 'quoted-printable', [{ start: 5, end: 5, text: '--boundary--' }]);
  assert.equal(changed.toString('latin1'), 'abc\r\n=2D-boundary--');
  const dotted = change(body, 'quoted-printable', [{ start: 0, end: 3, text: '.' }]);
  assert.equal(dotted.toString('latin1'), '=2E\r\n');
});

test('base64: a changed body decodes to the changed text, in the lines of the part', () => {
  const widths = fc.integer({ min: 1, max: 19 }).map((groups) => groups * 4);
  fc.assert(
    fc.property(changes, widths, ({ lineEnd, text, edits }, width) => {
      const body = toBase64(text, lineEnd, width);
      const changed = change(body, 'base64', edits, lineEnd);
      assert.deepEqual(
        decode(changed, 'base64').toString('latin1'),
        applyEdits(text, edits).toString('latin1'),
      );
      const lines = changed.toString('latin1').split(lineEnd);
      for (const line of lines) assert.ok(line.length <= 76, line);
      const [first] = edits;
      if (first === undefined) return;
      const linesBefore = Math.floor(Math.floor((first.start / 3) * 4) / width);
      const kept = Math.min(body.length, linesBefore * (width + lineEnd.length));
      assert.deepEqual(changed.subarray(0, kept), body.subarray(0, kept), 'lines before the change stay');
    }),
    { numRuns: 1_000 },
  );
});

test('base64: what programs decode differently is refused', () => {
  for (const body of ['QUJD*', 'QQ==QQ==', 'QUJDR', 'QUJD====', 'QUJD\0']) {
    const message = Buffer.from(body);
    assert.equal(openPart({ encoded: message, lineEnd: '\n' }, 'base64'), 'broken-encoding', body);
  }
});

test('7bit: long lines are broken inside tags, the text stays', () => {
  const tag = (size: number): string => `<a class="x" href="${'h'.repeat(size)}" title="t">x</a>`;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 940 }),
      (sizes, size) => {
        let line = '';
        const lines: string[] = [];
        for (const each of sizes) {
          if (line.length + tag(each).length > 990) lines.push(line);
          line = line.length + tag(each).length > 990 ? tag(each) : line + tag(each);
        }
        const text = [...lines, line, 'tail'].join('\r\n');
        const edits: ByteEdit[] = [...text.matchAll(/href="(h+)"/g)].map((match) => ({
          start: match.index + 6,
          end: match.index + 6 + (match[1]?.length ?? 0),
          text: 'L'.repeat(size),
          breakBefore: match.index,
          breakAfter: match.index + match[0].length,
        }));
        const changed = change(Buffer.from(text), '7bit', edits).toString('latin1');
        for (const each of changed.split('\r\n')) assert.ok(each.length <= 998, `${each.length}`);
        assert.equal(
          changed.replaceAll(/\s+/g, ' ').replaceAll(' >', '>'),
          applyEdits(Buffer.from(text), edits).toString('latin1').replaceAll(/\s+/g, ' '),
        );
        for (const match of changed.matchAll(/<[^>]*>/g))
          assert.match(match[0], /^<a\s+class="x"\s+href="L+"\s+title="t">$|^<\/a>$/);
      },
    ),
    { numRuns: 300 },
  );
});

test('7bit: lines that stay short are not broken', () => {
  const changed = change(Buffer.from('<p>one</p>\n<p>two</p>'), '7bit', [{ start: 3, end: 6, text: '1' }]);
  assert.equal(changed.toString(), '<p>1</p>\n<p>two</p>');
});

test('an unknown encoding is refused', () => {
  const message = Buffer.from('x');
  assert.equal(openPart({ encoded: message, lineEnd: '\n' }, 'x-uuencode'), 'encoding-unsupported');
});

test('quoted-printable: a full line that begins with a dash is broken twice', () => {
  const changed = change(Buffer.from(`-${'x'.repeat(75)}`), 'quoted-printable', [
    { start: 0, end: 0, text: 'y' },
  ]);
  assert.equal(changed.toString(), `y=\r\n=2D=\r\n${'x'.repeat(75)}`);
});
