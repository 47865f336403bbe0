import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerIn, findCodes, statusField } from './status-code.ts';

const CASES: readonly [text: string, status: string | undefined, reply: number | undefined][] = [
  ['550 5.1.1 User unknown', '5.1.1', 550],
  ['550-5.7.26 not authenticated\n550 5.7.26 see the page', '5.7.26', 550],
  ['smtp; 452 4.2.2 over quota', '4.2.2', 452],
  ['sorry, no mailbox here by that name (#5.1.1)', '5.1.1', undefined],
  ['Remote host said: 550 sorry (#5.7.1)', '5.7.1', 550],
  ['5.2.2 Mailbox Full', '5.2.2', undefined],
  ['host mx.example [192.0.2.1]: 550 no', undefined, 550],
  ['Exim 4.8.1 could not connect to 10.5.1.1', undefined, undefined],
  ['Microsoft SMTP Server id 15.20.4.1', undefined, undefined],
  ['554 4.4.7 expired <421 4.4.2 timed out>', '4.4.2', 554],
  ['ERROR_CODE :421, Host not reachable', undefined, 421],
  ['250 2.6.0 accepted', '2.6.0', undefined],
  ['it took 450 ms', undefined, 450],
  ['05.01.001', undefined, undefined],
];

test('codes are found where mail systems put them, and not in addresses and versions', () => {
  for (const [text, status, reply] of CASES) {
    const codes = findCodes(text);
    assert.deepEqual([codes.status, codes.reply], [status, reply], text);
  }
});

test('a Status field may have a comment and leading zeros', () => {
  assert.equal(statusField('5.1.1 (bad destination mailbox address)'), '5.1.1');
  assert.equal(statusField('5.01.001'), '5.1.1');
  assert.equal(statusField('failed'), undefined);
});

test("the server's answer begins at its code and ends where the notice goes on", () => {
  const text =
    'SMTP error after RCPT TO:<a@b.c>:\nhost mx: 550 5.1.1 <a@b.c>:\n  User unknown\nRemote system: mx';
  assert.equal(answerIn(text), '550 5.1.1 <a@b.c>:\n  User unknown');
  assert.equal(answerIn('Host not found'), undefined);
});
