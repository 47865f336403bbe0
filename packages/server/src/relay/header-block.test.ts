import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rawValue, readHeaderBlock, withFieldsFirst, withoutFields } from './header-block.ts';
import { cpuMs } from '../../test/support/cpu-time.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const without = (text: string, ...names: string[]) =>
  Buffer.from(withoutFields(bytes(text), (name) => names.includes(name))).toString('latin1');

test('fields are found with their folded lines, in any case, and the body is not read', () => {
  const message = bytes('From: a@b.c\r\nSubject: one\r\n two\r\n\tthree\r\nTo : x@y.z\r\n\r\nBcc: body\r\n');
  const { fields, end } = readHeaderBlock(message);
  assert.deepEqual(
    fields.map(({ name }) => name),
    ['from', 'subject', 'to'],
  );
  const [, subject] = fields;
  assert.ok(subject);
  assert.equal(rawValue(message, subject), 'one two\tthree');
  assert.equal(message.toString('latin1', end), '\r\nBcc: body\r\n');
});

test('a removed field goes with its folded lines, and every other byte stays', () => {
  const message =
    'From: a@b.c\r\nBcc: x@y.z,\r\n\tq@r.s\r\nSubject:  odd   spacing \r\nBCC : again@x.y\r\n\r\nBcc: stays\r\n';
  assert.equal(without(message, 'bcc'), 'From: a@b.c\r\nSubject:  odd   spacing \r\n\r\nBcc: stays\r\n');
});

test('a field behind lines that are no fields is still found', () => {
  assert.equal(without('garbage\r\n\x00\xff\r\nBcc: x@y.z\r\n\r\n', 'bcc'), 'garbage\r\n\x00\xff\r\n\r\n');
  assert.equal(without(' folded first line\r\nBcc: x@y.z', 'bcc'), ' folded first line\r\n');
});

test('a name is one however many blanks tear it from its colon', () => {
  for (const blanks of [' ', '\t', ' '.repeat(196), ' '.repeat(197), ' '.repeat(198), ' \t'.repeat(5_000)]) {
    assert.equal(without(`A: b\r\nBcc${blanks}: x@y.z\r\nC: d\r\n`, 'bcc'), 'A: b\r\nC: d\r\n');
    assert.equal(without(`A: b\r\nBcc${blanks}x: y\r\n`, 'bcc'), `A: b\r\nBcc${blanks}x: y\r\n`);
    assert.equal(without(`A: b\r\nBcc${blanks}\r\n: y\r\n`, 'bcc'), `A: b\r\nBcc${blanks}\r\n: y\r\n`);
  }
});

test('removing what is not there changes nothing, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
      assert.equal(
        withoutFields(message, (name) => name === 'x-not-there'),
        message,
      );
      assert.ok(readHeaderBlock(message).end <= message.length);
    }),
  );
});

test('new fields go in front', () => {
  const message = withFieldsFirst(bytes('A: b\r\n\r\n'), ['Date: now', 'X: y']);
  assert.equal(Buffer.from(message).toString('latin1'), 'Date: now\r\nX: y\r\nA: b\r\n\r\n');
});

test('a header of a million lines without a colon is read in linear time', () => {
  const block = bytes(`${'x\r\n'.repeat(1_000_000)}a: b\r\n`);
  assert.ok(cpuMs(() => readHeaderBlock(block)) < 5_000);
});
