import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturedIo } from '../../test/support/captured-io.ts';
import { mail, multipart, RETURNED } from '../../test/support/report-mail.ts';
import { run } from './report.ts';

const BOUNCE = multipart(
  ['From: MAILER-DAEMON@mx.example', 'Subject: failure'],
  [
    {
      type: 'message/delivery-status',
      text: 'Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no \u001b[31msuch user',
    },
    RETURNED,
  ],
);

test('--json writes one object on one line, in the shape of the contract', async () => {
  const io = capturedIo({}, { stdin: BOUNCE });
  assert.equal(await run(['--json'], io), 0);
  assert.equal(io.out().trimEnd().split('\n').length, 1);
  const report = JSON.parse(io.out()) as Record<string, unknown>;
  assert.equal(report['kind'], 'dsn');
  assert.equal(report['originalMessageId'], '<parcel-1@sender.example>');
  assert.equal(io.err(), '');
});

test('without --json it says the same to a person, and no control character of the message gets through', async () => {
  const io = capturedIo({}, { stdin: BOUNCE });
  assert.equal(await run([], io), 0);
  assert.match(
    io.out(),
    /^Delivery status notification\nabout <parcel-1@sender\.example>\n\n {2}ben@reader\.example\n {4}failed, 5\.1\.1, unknown user\n/,
  );
  assert.ok(!io.out().includes('\u001b'));
});

test('an ordinary mail is said to be none', async () => {
  const io = capturedIo({}, { stdin: mail(['From: a@x.example', 'Subject: Hi'], 'Hello') });
  assert.equal(await run([], io), 0);
  assert.match(io.out(), /^Not a report/);
});

test('no message, an unknown option and a file name are wrong calls', async () => {
  for (const [args, stdin] of [
    [['--json'], ''],
    [[], ' \r\n\r\n'],
    [['--jsno'], 'x'],
    [['mail.eml'], 'x'],
  ] as const) {
    const io = capturedIo({}, { stdin });
    assert.equal(await run([...args], io), 2, args.join(' '));
    assert.equal(io.out(), '');
    assert.match(io.err(), /^waybill report: .+\n/);
  }
});
