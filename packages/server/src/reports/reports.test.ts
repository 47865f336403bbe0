import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mail, multipart, RETURNED } from '../../test/support/report-mail.ts';
import { parseReport } from './reports.ts';
import { cpuMs } from '../../test/support/cpu-time.ts';

describe('complaints', () => {
  const headers = ['From: feedback@provider.example', 'To: abuse@sender.example', 'Subject: FW: The parcel'];
  const ARF = 'multipart/report; report-type=feedback-report';

  test('ARF (RFC 5965)', () => {
    const report = parseReport(
      multipart(
        headers,
        [
          { type: 'text/plain', text: 'This is an abuse report.' },
          {
            type: 'message/feedback-report',
            text: 'Feedback-Type: abuse\nUser-Agent: Feedback/1.0\nVersion: 1\nOriginal-Rcpt-To: <ben@reader.example>\nOriginal-Envelope-Id: WB7f3a\n',
          },
          RETURNED,
        ],
        ARF,
      ),
    );
    assert.equal(report.kind, 'complaint');
    assert.equal(report.feedbackType, 'abuse');
    assert.equal(report.originalMessageId, '<parcel-1@sender.example>');
    assert.equal(report.originalEnvelopeId, 'WB7f3a');
    assert.deepEqual(report.recipients, [{ address: 'ben@reader.example' }]);
  });

  test('without Original-Rcpt-To the returned header tells who complained', () => {
    const report = parseReport(
      multipart(
        headers,
        [{ type: 'message/feedback-report', text: 'Feedback-Type: abuse\nVersion: 1' }, RETURNED],
        ARF,
      ),
    );
    assert.deepEqual(report.recipients, [{ address: 'ben@reader.example' }]);
  });

  test("Microsoft's junk mail reporting, which is no ARF", () => {
    const report = parseReport(
      multipart(
        ['From: staff@provider.example', 'Subject: complaint about message from 192.0.2.9'],
        [{ type: 'message/rfc822', text: `X-HmXmrOriginalRecipient: ben@reader.example\n${RETURNED.text}` }],
        'multipart/mixed',
      ),
    );
    assert.equal(report.kind, 'complaint');
    assert.deepEqual(report.recipients, [{ address: 'ben@reader.example' }]);
  });

  test("Apple Mail's unsubscribing for its user", () => {
    const report = parseReport(
      mail(
        [
          'From: ben@reader.example',
          'To: leave+7f3a@sender.example',
          'Subject: unsubscribe',
          'Auto-Submitted: auto-replied',
          'X-Apple-Unsubscribe: true',
        ],
        'Apple Mail sent this email to unsubscribe.',
      ),
    );
    assert.equal(report.kind, 'complaint');
    assert.equal(report.feedbackType, 'opt-out');
    assert.deepEqual(report.recipients, [{ address: 'ben@reader.example' }]);
  });
});

describe('replies and ordinary mail', () => {
  test('In-Reply-To counts before References, of which the last one is the answered mail', () => {
    const from = ['From: "Reader, Ben" <ben@reader.example>', 'Subject: Re: The parcel'];
    const both = parseReport(
      mail(
        [...from, 'In-Reply-To: <parcel-1@sender.example>', 'References: <a@x.example> <b@x.example>'],
        'Thanks.',
      ),
    );
    assert.deepEqual([both.kind, both.originalMessageId], ['reply', '<parcel-1@sender.example>']);
    assert.deepEqual(both.recipients, [{ address: 'ben@reader.example' }]);
    const last = parseReport(mail([...from, 'References: <a@x.example>\n <b@x.example>'], 'Thanks.'));
    assert.equal(last.originalMessageId, '<b@x.example>');
  });

  test('a mail that answers nothing is none', () => {
    assert.deepEqual(parseReport(mail(['From: a@x.example', 'Subject: Re: hello'], 'Hello.')), {
      kind: 'none',
      recipients: [],
    });
  });

  test('an empty message is none', () => {
    assert.deepEqual(parseReport(new Uint8Array()), { kind: 'none', recipients: [] });
  });
});

describe('hostile input', () => {
  const samples = [
    multipart(
      ['From: MAILER-DAEMON@x.example', 'Subject: failure notice'],
      [
        { type: 'text/plain', text: '<ben@reader.example>: 550 5.1.1 no such user' },
        {
          type: 'message/delivery-status',
          text: 'Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no',
        },
        RETURNED,
      ],
    ),
    multipart(
      ['From: ben@reader.example'],
      [
        {
          type: 'message/disposition-notification',
          text: 'Final-Recipient: rfc822;ben@reader.example\nDisposition: manual-action/MDN-sent-manually; displayed',
        },
      ],
      'multipart/report; report-type=disposition-notification',
    ),
    mail(
      [
        'From: MAILER-DAEMON@x.example',
        'Subject: =?utf-8?B?ZmFpbHVyZSBub3RpY2U=?=',
        'Content-Type: text/html',
      ],
      '<p>could not be delivered</p><ben@reader.example>: 550 no',
    ),
    mail(
      ['From: no-reply@sns.example'],
      '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"a@b.c"}]}}',
    ),
  ];

  test('any bytes give a report', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        assert.ok(Array.isArray(parseReport(bytes).recipients));
      }),
    );
  });

  test('reports cut anywhere, or with bytes changed anywhere, still give one', () => {
    const sample = fc.constantFrom(...samples);
    fc.assert(
      fc.property(
        sample,
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }),
        (message, cut, changes) => {
          const bytes = Uint8Array.from(message);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const { kind, recipients } = parseReport(bytes.subarray(0, cut % (bytes.length + 1)));
          assert.ok(typeof kind === 'string' && recipients.every(({ address }) => address !== ''));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('fields of JSON that are no text are passed over', () => {
    const wild = mail(
      ['From: no-reply@sns.example'],
      '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":7},null,[],{"emailAddress":{"a":1}}]}}',
    );
    assert.deepEqual(parseReport(wild).recipients, []);
  });

  const MIB = 2 ** 20;
  const daemon = 'From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: failure notice\n';
  const floods: readonly [name: string, message: string][] = [
    ['addresses', `${daemon}\n${'<a@b.c>:\n'.repeat(MIB / 9)}`],
    [
      'different addresses',
      `${daemon}\n${Array.from({ length: 40_000 }, (_, index) => `<a${index}@b.c>: 550 no`).join('\n')}`,
    ],
    ['fields', `${daemon}\n${'From: a\nReceived: b\n'.repeat(MIB / 20)}`],
    [
      'recipients',
      `${daemon}Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n${'Final-Recipient: rfc822; a@b.c\nAction: failed\n\n'.repeat(20_000)}`,
    ],
    ['boundaries', `Content-Type: multipart/report; boundary=a\n\n${'--a\n\n'.repeat(MIB / 5)}`],
    [
      'nested parts',
      `Content-Type: multipart/mixed; boundary=b\n\n${'--b\nContent-Type: multipart/mixed; boundary=b\n\n'.repeat(20_000)}`,
    ],
    ['open tags', `${daemon}Content-Type: text/html\n\n${'<style><!--'.repeat(MIB / 11)}`],
    [
      'words',
      `${daemon}\n<a@b.c>: 550 ${'mailbox quota host name sender address connection '.repeat(MIB / 51)}`,
    ],
    ['quotes', `${daemon}\n${'> '.repeat(MIB / 2)}`],
  ];
  for (const [name, message] of floods) {
    test(`a flood of ${name} costs no more than its length`, () => {
      const [half, whole] = [message.slice(0, message.length / 2), message].map((text) =>
        Buffer.from(text, 'latin1'),
      );
      assert.ok(half && whole);
      const once = cpuMs(() => parseReport(half));
      const twice = cpuMs(() => parseReport(whole));
      // Generous, because the compiler warms up: a quadratic step would cost seconds here.
      assert.ok(twice < 6 * once + 400, `${once.toFixed(0)} ms, then ${twice.toFixed(0)} ms`);
    });
  }

  test('what is attached is not decoded', () => {
    const attached = 'QUJD'.repeat((8 * MIB) / 4);
    const message = multipart(
      ['From: a@x.example'],
      [{ type: 'application/octet-stream', headers: ['Content-Transfer-Encoding: base64'], text: attached }],
      'multipart/mixed',
    );
    assert.ok(cpuMs(() => assert.equal(parseReport(message).kind, 'none')) < 500);
  });
});
