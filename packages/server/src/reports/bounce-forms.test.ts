import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mail, multipart, RETURNED } from '../../test/support/report-mail.ts';
import { parseReport, type FailureClass, type ReportAction } from './reports.ts';

const DAEMON = [
  'From: Mail Delivery System <MAILER-DAEMON@mx.reader.example>',
  'To: ada@sender.example',
  'Return-Path: <>',
];

/** The mail that came back, as many systems put it behind their words. */
const COPY = RETURNED.text;

type Expected = readonly [address: string, action: ReportAction, status: string, reason: FailureClass];

interface Form {
  system: string;
  headers?: readonly string[];
  subject: string;
  text: string;
  expected: readonly Expected[];
  /** The notice tells no id of the returned mail. */
  withoutId?: boolean;
}

/** One bounce in the form of each system, written after its documentation and its habits. */
const FORMS: readonly Form[] = [
  {
    system: 'qmail (QSBMF)',
    subject: 'failure notice',
    text: `Hi. This is the qmail-send program at mx.reader.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ben@reader.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n<eva@other.example>:\n198.51.100.7 does not like recipient.\nRemote host said: 552 5.2.2 Mailbox over quota\nGiving up on 198.51.100.7.\n\n--- Below this line is a copy of the message.\n\n${COPY}`,
    expected: [
      ['ben@reader.example', 'failed', '5.1.1', 'unknown-user'],
      ['eva@other.example', 'failed', '5.2.2', 'mailbox-full'],
    ],
  },
  {
    system: 'Exim, failed',
    headers: ['X-Failed-Recipients: ben@reader.example', 'Auto-Submitted: auto-replied'],
    subject: 'Mail delivery failed: returning message to sender',
    text: `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ben@reader.example\n    host mx.reader.example [198.51.100.7]\n    SMTP error from remote mail server after end of data:\n    550 5.7.1 Message refused by DMARC policy of sender.example\n\n------ This is a copy of the message, including all the headers. ------\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.7.1', 'authentication']],
  },
  {
    system: 'Exim, delayed',
    headers: ['Auto-Submitted: auto-replied'],
    subject: 'Warning: message 1kAbCd-0001-Xy delayed 24 hours',
    text: `This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.reader.example.\n\nThe message identifier is:     1kAbCd-0001-Xy\nThe subject of the message is: The parcel\n\nThe address to which the message has not yet been delivered is:\n\n  ben@reader.example\n    host mx.reader.example [198.51.100.7]\n    Delay reason: SMTP error from remote mail server after RCPT TO:<ben@reader.example>:\n    451 4.7.1 Greylisted, try again in 300 seconds\n\nNo action is required on your part. Delivery attempts will continue for\nsome time, and this warning may be repeated at intervals if the message\nremains undelivered.`,
    expected: [['ben@reader.example', 'delayed', '4.7.1', 'rate-limited']],
    withoutId: true,
  },
  {
    system: 'Exim, expired',
    headers: ['X-Failed-Recipients: ben@reader.example'],
    subject: 'Mail delivery failed: returning message to sender',
    text: `A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ben@reader.example\n    retry timeout exceeded\n\n------ This is a copy of the message, including all the headers. ------\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '4.0.0', 'expired']],
  },
  {
    system: 'Postfix without MIME',
    subject: 'Undelivered Mail Returned to Sender',
    text: `This is the mail system at host mx.reader.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients. It's attached below.\n\nFor further assistance, please send mail to postmaster.\n\n                   The mail system\n\n<ben@reader.example>: host mx2.reader.example[198.51.100.7] said: 550 5.1.1\n    <ben@reader.example>: Recipient address rejected: User unknown in virtual\n    mailbox table (in reply to RCPT TO command)\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.1.1', 'unknown-user']],
  },
  {
    system: 'Sendmail 8 without MIME',
    subject: 'Returned mail: see transcript for details',
    text: `The original message was received at Mon, 2 Nov 2026 10:00:00 GMT\nfrom desk.sender.example [192.0.2.1]\n\n   ----- The following addresses had permanent fatal errors -----\n<ben@reader.example>\n    (reason: 554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using bl.example.net)\n\n   ----- Transcript of session follows -----\n... while talking to mx.reader.example.:\n>>> RCPT To:<ben@reader.example>\n<<< 554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using bl.example.net\n554 5.0.0 Service unavailable\n\n   ----- Original message follows -----\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.7.1', 'reputation']],
  },
  {
    system: 'Sendmail 5: answers stand before the addresses',
    subject: 'Returned mail: User unknown',
    text: `   ----- Transcript of session follows -----\nWhile talking to mx.reader.example:\n>>> RCPT To:<ben@reader.example>\n<<< 550 <ben@reader.example>... No such user\n550 <ben@reader.example>... User unknown\n550 other.example (smtp)... 550 Host unknown\n554 <eva@other.example>... 550 Host unknown (Authoritative answer from name server)\n\n   ----- Unsent message follows -----\n${COPY}`,
    expected: [
      ['ben@reader.example', 'failed', '5.0.0', 'unknown-user'],
      ['eva@other.example', 'failed', '5.0.0', 'dns'],
    ],
  },
  {
    system: 'Gmail, before 2015',
    headers: ['X-Failed-Recipients: ben@reader.example'],
    subject: 'Delivery Status Notification (Failure)',
    text: `Delivery to the following recipient failed permanently:\n\n     ben@reader.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the server for the recipient domain reader.example by mx.reader.example. [198.51.100.7].\n\nThe error that the other server returned was:\n552 5.3.4 Message size exceeds fixed limit\n\n----- Original message -----\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.3.4', 'too-large']],
  },
  {
    system: 'Gmail, temporary',
    subject: 'Delivery Status Notification (Delay)',
    text: `This is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipient has been delayed:\n\n     ben@reader.example\n\nMessage will be retried for 2 more day(s)\n\nTechnical details of temporary failure:\nThe recipient server did not accept our requests to connect. [mx.reader.example: connection timed out]\n\n----- Original message -----\n\n${COPY}`,
    expected: [['ben@reader.example', 'delayed', '4.0.0', 'network']],
  },
  {
    system: 'a group of Google, in Polish: the link tells',
    headers: ['X-Failed-Recipients: parcels@googlegroups.com'],
    subject: 'Delivery Status Notification (Failure)',
    text: `Witaj ada@sender.example,\n\nGrupa (parcels), do której piszesz, może nie istnieć.\n\nPomoc: https://groups.google.com/support/\n\n----- Original message -----\n\n${COPY}`,
    expected: [['parcels@googlegroups.com', 'failed', '5.0.0', 'policy']],
  },
  {
    system: 'Yahoo',
    subject: 'Failure Notice',
    text: `Sorry, we were unable to deliver your message to the following address.\n\n<ben@reader.example>:\n554: delivery error: dd This user doesn't have a reader.example account (ben@reader.example) [0]\n\n--- Below this line is a copy of the message.\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.0.0', 'unknown-user']],
  },
  {
    system: 'GMX and 1&1',
    subject: 'Mail delivery failed: returning message to sender',
    text: `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n"ben@reader.example":\nSMTP error from remote server after RCPT command:\nhost: mx.reader.example\n5.2.1 Mailbox disabled\n\n--- The header of the original message is following. ---\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.2.1', 'disabled']],
  },
  {
    system: 'Exchange 2003',
    subject: 'Undeliverable: The parcel',
    text: `Your message\n\n  To:      ben@reader.example; eva@reader.example\n  Subject: The parcel\n  Sent:    Mon, 2 Nov 2026 10:00:00 -0000\n\ndid not reach the following recipient(s):\n\neva@reader.example on Mon, 2 Nov 2026 10:00:05 -0000\n    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=xx;a= ;p=reader;l=MX-261102100005Z-1\n    MSEXCH:IMS:Reader:Site:MX 0 (000C05A6) Unknown Recipient`,
    expected: [['eva@reader.example', 'failed', '5.0.0', 'unknown-user']],
    withoutId: true,
  },
  {
    system: 'Exchange 2007 and later in German, as text',
    subject: 'Unzustellbar: The parcel',
    text: `Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:\n\nben@reader.example\nDas Postfach des Empfängers ist voll.\n\nDiagnoseinformationen für Administratoren:\n\nGenerierender Server: mx.reader.example\n\nben@reader.example\n#550 5.2.2 STOREDRV.Deliver: mailbox full ##`,
    expected: [['ben@reader.example', 'failed', '5.2.2', 'mailbox-full']],
    withoutId: true,
  },
  {
    system: 'Domino',
    subject: 'DELIVERY FAILURE: User ben (ben@reader.example) not listed in Domino Directory',
    text: `Your message\n\n  Subject: The parcel\n\nwas not delivered to:\n\n  ben@reader.example\n\nbecause:\n\n  User ben (ben@reader.example) not listed in Domino Directory`,
    expected: [['ben@reader.example', 'failed', '5.0.0', 'unknown-user']],
    withoutId: true,
  },
  {
    system: 'Courier',
    subject: 'NOTICE: mail delivery status.',
    text: `This is a delivery status notification from mx.reader.example,\nrunning the Courier mail server, version 1.3.\n\nThe original message was received on Mon, 2 Nov 2026 10:00:00 +0000\n\n---------------------------------------------------------------------------\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ben@reader.example>:\n     mx2.reader.example [198.51.100.7]:\n>>> RCPT TO:<ben@reader.example>\n<<< 550 5.7.1 Relaying denied\n\n---------------------------------------------------------------------------`,
    expected: [['ben@reader.example', 'failed', '5.7.1', 'relay-denied']],
    withoutId: true,
  },
  {
    system: 'OpenSMTPD',
    subject: 'Delivery status notification: error',
    text: `    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nben@reader.example: 450 4.7.1 Too many connections from your address\neva@other.example: Could not resolve domain\n\n    Below is a copy of the original message:\n\n${COPY}`,
    expected: [
      ['ben@reader.example', 'failed', '4.7.1', 'rate-limited'],
      ['eva@other.example', 'failed', '5.0.0', 'dns'],
    ],
  },
  {
    system: 'DragonFly Mail Agent',
    subject: 'Mail delivery failed',
    text: `This is the DragonFly Mail Agent v0.13 at mx.reader.example.\n\nThere was an error delivering your mail to <ben@reader.example>.\n\nmx2.reader.example [198.51.100.7] did not like our DATA:\n554 5.6.0 Message contains a virus\n\nMessage headers follow.\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.6.0', 'content']],
  },
  {
    system: 'James',
    subject: 'Re: The parcel',
    text: `Hi. This is the James mail server at mx.reader.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ben@reader.example>\n\n550 Mailbox has moved to another provider\n\nThe original message is attached.`,
    expected: [['ben@reader.example', 'failed', '5.0.0', 'moved']],
    withoutId: true,
  },
  {
    system: 'IMail',
    subject: 'Undeliverable Mail',
    text: `Unknown user: ben@reader.example\n\nRCPT TO generated following response:\n550 not local host reader.example, not a gateway\n\nOriginal message follows.\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.0.0', 'relay-denied']],
  },
  {
    system: 'MailMarshal',
    headers: ['From: postmaster@mx.reader.example'],
    subject: 'Undeliverable Mail: "The parcel"',
    text: `Your message:\n   From:    ada@sender.example\n   Subject: The parcel\n\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected:\n    ben@reader.example`,
    expected: [['ben@reader.example', 'failed', '5.1.1', 'unknown-user']],
    withoutId: true,
  },
  {
    system: 'Mail.Ru: everything twice, in two languages',
    headers: ['X-Failed-Recipients: ben@reader.example'],
    subject: 'Mail failure.',
    text: `К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n  ben@reader.example\n    SMTP error from remote mail server after RCPT TO:<ben@reader.example>:\n    host mx.reader.example [198.51.100.7]: 550 5.2.2 Mailbox full\n\n**********************\n\nThis is a permanent error. The following address(es) failed:\n\n  ben@reader.example\n    SMTP error from remote mail server after RCPT TO:<ben@reader.example>:\n    host mx.reader.example [198.51.100.7]: 550 5.2.2 Mailbox full\n\n------ This is a copy of the message, including all the headers. ------\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.2.2', 'mailbox-full']],
  },
  {
    system: 'Zoho',
    subject: 'Undelivered Mail Returned to Sender',
    text: `This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error. \n\nben@reader.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 mailbox does not exist\n\n${COPY}`,
    expected: [['ben@reader.example', 'failed', '5.1.1', 'unknown-user']],
  },
  {
    system: 'mobile networks of Japan',
    headers: ['From: Postmaster@mobile.example'],
    subject: 'Mail System Error - Returned Mail',
    text: `次のあて先へのメッセージはエラーのため送信できませんでした。\n\nEach of the following recipients was rejected by a remote\nmail server.\n\n    Recipient: <ben@mobile.example>\n    >>> RCPT TO:<ben@mobile.example>\n    <<< 550 <ben@mobile.example>: User unknown\n\n${COPY}`,
    expected: [['ben@mobile.example', 'failed', '5.0.0', 'unknown-user']],
  },
  {
    system: 'MDaemon with its session',
    headers: ['From: "MDaemon at mx.reader.example" <MDaemon@mx.reader.example>'],
    subject: 'Permanent Delivery Failure',
    text: `The attached message had PERMANENT fatal delivery errors!\n\nAfter one or more unsuccessful delivery attempts the attached message has\nbeen removed from the mail queue on this server.\n\nFailed address: ben@reader.example\n\n--- Session Transcript ---\n 10:00:01: <-- 220 mx2.reader.example ESMTP\n 10:00:01: --> RCPT To:<ben@reader.example>\n 10:00:02: <-- 550 5.1.1 No such mailbox\n--- End Transcript ---`,
    expected: [['ben@reader.example', 'failed', '5.1.1', 'unknown-user']],
    withoutId: true,
  },
  {
    system: 'Oracle and Sun messaging server',
    headers: ['From: Internet Mail Delivery <postmaster@mx.reader.example>'],
    subject: 'Delivery Notification: Delivery has failed',
    text: `This report relates to a message you sent with the following header fields:\n\n  Message-id: <parcel-1@sender.example>\n  Date: Mon, 2 Nov 2026 10:00:00 +0000\n  From: ada@sender.example\n  To: ben@reader.example\n  Subject: The parcel\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: ben@reader.example\n  Reason: Remote SMTP server has rejected address\n  Diagnostic code: smtp;550 5.7.1 Access denied by local policy\n  Remote system: dns;mx.reader.example (TCP|192.0.2.9|34321|198.51.100.7|25)`,
    expected: [['ben@reader.example', 'failed', '5.7.1', 'policy']],
  },
  {
    system: 'only a transcript',
    headers: ['From: "InterScan" <postmaster@mx.reader.example>'],
    subject: 'Mail could not be delivered',
    text: `...\nSent <<< RCPT TO:<ben@reader.example>\nReceived >>> 450 4.3.2 System not accepting network messages\n...`,
    expected: [['ben@reader.example', 'failed', '4.3.2', 'system']],
    withoutId: true,
  },
];

describe('bounces in free text', () => {
  for (const { system, headers = [], subject, text, expected, withoutId } of FORMS) {
    test(system, () => {
      const own = headers.some((header) => header.startsWith('From:'));
      const report = parseReport(
        mail([...(own ? DAEMON.slice(1) : DAEMON), ...headers, `Subject: ${subject}`], text),
      );
      assert.equal(report.kind, 'bounce');
      const found = report.recipients.map(({ address, action, status, class: reason }) => [
        address,
        action,
        status,
        reason,
      ]);
      assert.deepEqual(found, expected);
      assert.equal(report.originalMessageId, withoutId === true ? undefined : '<parcel-1@sender.example>');
    });
  }

  test('HTML alone is read as its text', () => {
    const report = parseReport(
      mail(
        [...DAEMON, 'Subject: Undeliverable: The parcel', 'Content-Type: text/html; charset=utf-8'],
        '<html><head><style>p{color:red}</style></head><body><p>Delivery has failed to these recipients or groups:</p><p><a href="mailto:ben@reader.example">ben@reader.example</a><br>The address couldn&#39;t be found.</p><p>Remote Server returned &#39;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found&#39;</p></body></html>',
      ),
    );
    assert.equal(report.kind, 'bounce');
    assert.equal(report.recipients[0]?.address, 'ben@reader.example');
    assert.equal(report.recipients[0]?.status, '5.1.10');
    assert.equal(report.recipients[0]?.class, 'unknown-user');
  });

  test('base64, quoted-printable and old Japanese charsets are decoded', () => {
    const text = 'The following addresses failed:\n\n<ben@reader.example>: 550 5.1.1 User unknown\n';
    for (const [encoding, body] of [
      ['base64', Buffer.from(text).toString('base64')],
      ['quoted-printable', text.replaceAll('e', '=65')],
    ] as const) {
      const report = parseReport(
        mail([...DAEMON, 'Subject: failure notice', `Content-Transfer-Encoding: ${encoding}`], body),
      );
      assert.equal(report.recipients[0]?.status, '5.1.1', encoding);
    }
  });

  test('Amazon SES by mail through SNS, as JSON', () => {
    const bounce = {
      notificationType: 'Bounce',
      bounce: {
        bounceType: 'Permanent',
        bouncedRecipients: [
          {
            emailAddress: 'ben@reader.example',
            action: 'failed',
            status: '5.1.1',
            diagnosticCode: 'smtp; 550 5.1.1 user unknown',
          },
        ],
      },
      mail: { commonHeaders: { messageId: '<parcel-1@sender.example>' } },
    };
    const headers = ['From: AWS Notifications <no-reply@sns.example>', 'Subject: AWS Notification Message'];
    for (const body of [
      JSON.stringify(bounce),
      JSON.stringify({ Type: 'Notification', Message: JSON.stringify(bounce) }),
    ]) {
      const report = parseReport(mail(headers, body));
      assert.equal(report.kind, 'bounce');
      assert.equal(report.originalMessageId, '<parcel-1@sender.example>');
      assert.deepEqual(report.recipients, [
        {
          address: 'ben@reader.example',
          action: 'failed',
          status: '5.1.1',
          class: 'unknown-user',
          diagnostic: '550 5.1.1 user unknown',
        },
      ]);
    }
  });

  test('a gateway that packs the real report into a message of its own', () => {
    const inner = multipart(
      ['From: MAILER-DAEMON@inner.example', 'Subject: Returned mail'],
      [
        {
          type: 'message/delivery-status',
          text: 'Reporting-MTA: dns; inner.example\n\nFinal-Recipient: rfc822; ben@reader.example\nAction: failed\nStatus: 5.1.1',
        },
      ],
    ).toString('latin1');
    const outer = multipart(
      [...DAEMON, 'Subject: Returned mail: User unknown'],
      [
        { type: 'text/plain', text: '----- The following addresses had permanent delivery errors -----' },
        { type: 'message/rfc822', text: inner },
      ],
      'multipart/mixed',
    );
    const report = parseReport(outer);
    assert.equal(report.kind, 'dsn');
    assert.equal(report.recipients[0]?.address, 'ben@reader.example');
  });
});

describe('what is no bounce', () => {
  const people = ['From: Ben <ben@reader.example>', 'To: ada@sender.example'];

  test('a person who writes about one', () => {
    const text =
      'Hi Ada,\n\nyour mail could not be delivered to eva@other.example, it says 550 5.1.1 user unknown.\n\nBen';
    assert.equal(parseReport(mail([...people, 'Subject: Delivery problem'], text)).kind, 'none');
    const answer = [
      ...people,
      'Subject: Re: Undeliverable: The parcel',
      'In-Reply-To: <parcel-1@sender.example>',
    ];
    assert.equal(parseReport(mail(answer, text)).kind, 'reply');
  });

  test('a mail with another one attached', () => {
    const message = multipart(
      [...people, 'Subject: original as attachment'],
      [{ type: 'text/plain', text: 'See there.' }, RETURNED],
      'multipart/mixed',
    );
    assert.equal(parseReport(message).kind, 'none');
  });

  test('news of a shop about its deliveries', () => {
    const shop = [
      'From: Shop <no-reply@shop.example>',
      'To: ada@sender.example',
      'Subject: Your delivery has been delayed',
      'Precedence: bulk',
    ];
    assert.equal(
      parseReport(mail(shop, 'Your parcel could not be delivered today. Contact us: help@shop.example')).kind,
      'none',
    );
  });
});
