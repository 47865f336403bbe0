import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mail, multipart, RETURNED } from '../../test/support/report-mail.ts';
import { parseReport, type Report } from './reports.ts';

const DAEMON = [
  'From: Mail Delivery System <MAILER-DAEMON@mx.reader.example>',
  'To: bounce+7f3a@sender.example',
  'Return-Path: <>',
  'Subject: Undelivered Mail Returned to Sender',
];
const NOTICE = { type: 'text/plain', text: 'Your message could not be delivered.' };
const PER_MESSAGE =
  'Reporting-MTA: dns; mx.reader.example\nOriginal-Envelope-Id: WB+3D7f3a\nArrival-Date: Mon, 2 Nov 2026 10:00:00 +0000\n';

function dsn(fields: string, type = 'message/delivery-status'): Report {
  return parseReport(multipart(DAEMON, [NOTICE, { type, text: `${PER_MESSAGE}\n${fields}` }, RETURNED]));
}

describe('delivery status notifications (RFC 3464)', () => {
  test('one failed recipient, with all that helps to match it', () => {
    const report = dsn(
      'Final-Recipient: rfc822; ben@reader.example\nOriginal-Recipient: rfc822;Ben+2Bpost@reader.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx2.reader.example\nDiagnostic-Code: smtp; 550 5.1.1 <ben@reader.example>: Recipient address rejected:\n    User unknown in virtual mailbox table\n',
    );
    assert.deepEqual(report, {
      kind: 'dsn',
      originalMessageId: '<parcel-1@sender.example>',
      recipients: [
        {
          address: 'ben@reader.example',
          action: 'failed',
          status: '5.1.1',
          class: 'unknown-user',
          diagnostic:
            '550 5.1.1 <ben@reader.example>: Recipient address rejected: User unknown in virtual mailbox table',
          originalAddress: 'Ben+post@reader.example',
        },
      ],
      originalEnvelopeId: 'WB=7f3a',
      reportingMta: 'mx.reader.example',
      sentTo: ['bounce+7f3a@sender.example'],
      originalTo: ['ben@reader.example'],
    });
  });

  test('several recipients with different fates', () => {
    const report = dsn(
      'Final-Recipient: rfc822; ben@reader.example\nAction: relayed\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; eva@reader.example\nAction: delayed\nStatus: 4.4.1 (no route)\nDiagnostic-Code: smtp; connect to mx3: Connection timed out\n\nFinal-Recipient: rfc822; tom@reader.example\nAction: expanded\nStatus: 2.1.5\n\nFinal-Recipient: rfc822; ira@reader.example\nAction: delivered\nStatus: 2.0.0\n',
    );
    assert.deepEqual(
      report.recipients.map(({ address, action, status, class: reason }) => [
        address,
        action,
        status,
        reason,
      ]),
      [
        ['ben@reader.example', 'relayed', '2.0.0', undefined],
        ['eva@reader.example', 'delayed', '4.4.1', 'network'],
        ['tom@reader.example', 'expanded', '2.1.5', undefined],
        ['ira@reader.example', 'delivered', '2.0.0', undefined],
      ],
    );
  });

  test('the code that the remote server gave is told rather than a vague Status', () => {
    const [recipient] = dsn(
      'Final-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 Over quota\n',
    ).recipients;
    assert.equal(recipient?.status, '5.2.2');
    assert.equal(recipient?.class, 'mailbox-full');
  });

  test('gave up waiting: the last answer tells why', () => {
    const [recipient] = dsn(
      'Final-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>\n',
    ).recipients;
    assert.equal(recipient?.status, '4.4.2');
    assert.equal(recipient?.class, 'network');
  });

  test('groups that empty lines do not part, or part too often', () => {
    const joined = parseReport(
      multipart(DAEMON, [
        NOTICE,
        {
          type: 'message/delivery-status',
          text: 'Reporting-MTA: dns; mx.reader.example\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; eva@reader.example\nAction: failed\nStatus: 5.2.1',
        },
      ]),
    );
    assert.deepEqual(
      joined.recipients.map(({ address, status }) => [address, status]),
      [
        ['ben@reader.example', '5.1.1'],
        ['eva@reader.example', '5.2.1'],
      ],
    );
    const parted = dsn(
      'Final-Recipient: rfc822; ben@reader.example\n\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n',
    );
    assert.deepEqual(
      parted.recipients.map(({ address, status }) => [address, status]),
      [['ben@reader.example', '5.1.1']],
    );
  });

  test('other types that the part is given', () => {
    for (const type of [
      'text/plain',
      'message/global-delivery-status',
      'message/x-delivery-status',
      'MESSAGE/Delivery-Status; charset=us-ascii',
    ]) {
      const report = dsn(
        'Final-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1\n',
        type,
      );
      assert.equal(report.kind, 'dsn', type);
      assert.equal(report.recipients[0]?.status, '5.1.1', type);
    }
  });

  test('encoded parts and Windows-like lines', () => {
    const text = Buffer.from(
      `${PER_MESSAGE}\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1\n`,
    ).toString('base64');
    const report = parseReport(
      multipart(DAEMON, [
        { type: 'message/delivery-status', headers: ['Content-Transfer-Encoding: base64'], text },
      ]),
    );
    assert.equal(report.recipients[0]?.status, '5.1.1');
  });

  test('UTF-8 addresses (RFC 6533), angle brackets, display names, local users', () => {
    const cases: readonly [field: string, address: string][] = [
      ['utf-8; b\\x{E9}n@reader.example', 'bén@reader.example'],
      ['utf-8; bén@reader.example', 'bén@reader.example'],
      ['RFC822;<ben@reader.example>', 'ben@reader.example'],
      ['rfc822; Ben Reader <ben@reader.example>', 'ben@reader.example'],
      ['ben@reader.example', 'ben@reader.example'],
      ['rfc822; "ben reader"@reader.example', '"ben reader"@reader.example'],
      ['rfc822; ben@[198.51.100.7]', 'ben@[198.51.100.7]'],
      // A local user's name is completed from the returned mail.
      ['rfc822; ben', 'ben@reader.example'],
    ];
    for (const [field, address] of cases) {
      const report = dsn(`Final-Recipient: ${field}\nAction: failed\nStatus: 5.1.1\n`);
      assert.equal(report.recipients[0]?.address, address, field);
    }
  });

  test('a pipe or a file is no address: the notice tells whose it was', () => {
    const report = parseReport(
      multipart(
        [...DAEMON, 'X-Failed-Recipients: ben@reader.example'],
        [
          {
            type: 'text/plain',
            text: 'The following address(es) failed:\n\n  pipe to |/usr/bin/filter\n    generated by ben@reader.example',
          },
          {
            type: 'message/delivery-status',
            text: 'Reporting-MTA: dns; mx\n\nAction: failed\nFinal-Recipient: rfc822;|/usr/bin/filter\nStatus: 5.0.0',
          },
        ],
      ),
    );
    assert.equal(report.recipients[0]?.address, 'ben@reader.example');
  });

  test('a report whose boundary got lost, and one that came as plain text', () => {
    const whole = dsnBytes().toString('latin1');
    const lost = parseReport(Buffer.from(whole.replace(/; boundary="[^"]*"/, ''), 'latin1'));
    assert.equal(lost.kind, 'dsn');
    assert.equal(lost.recipients[0]?.status, '5.1.1');
    const plain = parseReport(
      Buffer.from(
        whole.replace(/Content-Type: multipart\/report[^\r]*/, 'Content-Type: text/plain'),
        'latin1',
      ),
    );
    assert.equal(plain.kind, 'bounce');
    assert.equal(plain.recipients[0]?.address, 'ben@reader.example');
    assert.equal(plain.originalMessageId, '<parcel-1@sender.example>');
  });

  test('line ends of old Macs, a byte order mark, an mbox line', () => {
    const text = dsnBytes().toString('latin1');
    const cases = [
      Buffer.from(text.replaceAll('\r\n', '\r'), 'latin1'),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), dsnBytes()]),
      Buffer.from(`From MAILER-DAEMON Mon Nov  2 10:00:00 2026\r\n${text}`, 'latin1'),
    ];
    for (const message of cases) assert.equal(parseReport(message).recipients[0]?.status, '5.1.1');
  });

  test('forwarded by a person within the text, the report still is one', () => {
    const quoted = [
      'The original message was received',
      '',
      'Final-Recipient: RFC822; ben@reader.example',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: SMTP; 550 5.1.1 User unknown',
    ]
      .map((line) => `> ${line}`)
      .join('\n');
    const report = parseReport(
      mail(
        ['From: Ada <ada@sender.example>', 'Subject: Fwd: Returned mail: see transcript for details'],
        `Look:\n\n${quoted}\n`,
      ),
    );
    assert.equal(report.kind, 'bounce');
    assert.deepEqual(
      report.recipients.map(({ address, status }) => [address, status]),
      [['ben@reader.example', '5.1.1']],
    );
  });
});

function dsnBytes(): Buffer {
  return multipart(DAEMON, [
    NOTICE,
    {
      type: 'message/delivery-status',
      text: `${PER_MESSAGE}\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1\n`,
    },
    RETURNED,
  ]);
}
