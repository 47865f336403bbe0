import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryBytes, WindowedBytes, type ByteSource } from './byte-source.ts';
import { instrument } from './instrument.ts';

const WINDOW = 64;

function windowed(bytes: Buffer, windowBytes = WINDOW): WindowedBytes {
  const read = (into: Buffer, position: number): void => {
    assert.equal(
      bytes.copy(into, 0, position, position + into.length),
      into.length,
      'reads only what is there',
    );
  };
  return new WindowedBytes(bytes.length, read, windowBytes);
}

/** What can be asked of a source, and what it says. */
const question = fc.oneof(
  fc.record({ at: fc.integer({ min: -2, max: 400 }) }),
  fc.record({
    wanted: fc.constantFrom<number | string>(0x61, 0x0a, 'ab', '\n--', 'aaaa', '\u00e4a'),
    from: fc.nat(400),
    to: fc.option(fc.nat(400), { nil: undefined }),
  }),
  fc.tuple(fc.nat(400), fc.nat(400)).map(([one, other]) => ({
    start: Math.min(one, other),
    end: Math.max(one, other),
  })),
);

function ask(source: ByteSource, asked: Parameters<Parameters<typeof question.map>[0]>[0]): unknown {
  if ('at' in asked) return source.at(asked.at);
  if ('wanted' in asked) return source.indexOf(asked.wanted, asked.from, asked.to);
  const slice = source.slice(asked.start, asked.end).toString('hex');
  const pieces = Array.from(source.pieces(asked.start, Math.min(asked.end, source.length)), (piece) =>
    piece.toString('hex'),
  );
  assert.equal(pieces.join(''), slice);
  return [source.text(asked.start, asked.end), slice];
}

test('bytes read through a window answer like bytes in memory', () => {
  const bytes = fc
    .array(fc.constantFrom('a', 'b', '\n', '-', '\u00e4'), { maxLength: 400 })
    .map((characters) => Buffer.from(characters.join(''), 'latin1'));
  fc.assert(
    fc.property(bytes, fc.array(question, { maxLength: 20 }), (some, questions) => {
      const memory = new MemoryBytes(some);
      const window = windowed(some);
      assert.equal(window.length, memory.length);
      for (const asked of questions) assert.deepEqual(ask(window, asked), ask(memory, asked));
    }),
    { numRuns: 2_000 },
  );
});

test('what was handed out stays as it was when the window goes on', () => {
  const source = windowed(Buffer.from('a'.repeat(100) + 'b'.repeat(100)));
  const slice = source.slice(0, 10);
  source.at(199);
  assert.equal(slice.toString(), 'a'.repeat(10));
});

test('a message read through a window becomes the same as one in memory, piece by piece', () => {
  const lines = [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'x'.repeat(300),
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>a <a href="https://example.com/">link</a></p>\r\n'.repeat(20),
    '--b',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
    'QUJD\r\n'.repeat(200),
    '--b--',
    '',
  ];
  const message = Buffer.from(lines.join('\r\n'));
  const options = {
    pixelUrl: 'https://track.example.org/o/x.gif',
    linkUrl: (destination: string) => `https://track.example.org/l/x?to=${encodeURIComponent(destination)}`,
  };
  const inMemory = instrument(message, options);
  for (const size of [16, 64, 1_000, 100_000]) {
    const streamed = instrument(windowed(message, size), options);
    const bytes = Buffer.concat(Array.from(streamed.pieces(), (piece) => Buffer.from(piece)));
    assert.ok(bytes.equals(inMemory.message), `a window of ${size}`);
    assert.equal(streamed.sizeBytes, bytes.length);
    assert.deepEqual(streamed.edits, inMemory.edits);
    assert.deepEqual([streamed.pixel, streamed.links], [inMemory.pixel, inMemory.links]);
  }
});

for (const [encoding, encode] of [
  ['7bit', (text: string) => text],
  ['base64', (text: string) => Buffer.from(text).toString('base64').replaceAll(/.{74}/g, '$&\r\n')],
  ['quoted-printable', (text: string) => text.replaceAll('-----BEGIN PGP', '=2D----BEG=\r\nIN P=\r\nGP')],
] as const) {
  test(`PGP armour deep in a big text is found in ${encoding}`, () => {
    const text = `${'line of text\r\n'.repeat(100_000)}-----BEGIN PGP MESSAGE-----\r\n${'line of text\r\n'.repeat(50_000)}`;
    const header = `Content-Type: text/plain\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
    const message = Buffer.from(header + encode(text));
    assert.equal(instrument(message, { pixelUrl: null, linkUrl: null }).reason?.code, 'inline-pgp');
  });
}
