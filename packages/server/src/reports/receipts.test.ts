import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mail, multipart, RETURNED } from '../../test/support/report-mail.ts';
import { parseReport, type ReportRecipient } from './reports.ts';

const HEADERS = ['From: ben@reader.example', 'To: ada@sender.example', 'Subject: Read: The parcel'];
const MDN = 'multipart/report; report-type=disposition-notification';

function receipt(fields: string, headers: readonly string[] = HEADERS): Buffer {
  return multipart(
    headers,
    [
      { type: 'text/plain', text: 'Your message was displayed.' },
      { type: 'message/disposition-notification', text: fields },
    ],
    MDN,
  );
}

interface Variant {
  system: string;
  fields: string;
  headers?: readonly string[];
  expected: ReportRecipient;
  id?: string;
}

const ID = '<parcel-1@sender.example>';
const displayed = { address: 'ben@reader.example', disposition: 'displayed' } as const;

const VARIANTS: readonly Variant[] = [
  {
    system: 'RFC 8098, by hand',
    fields: `Reporting-UA: pc.reader.example; Post 1.0\nOriginal-Recipient: rfc822;ben@reader.example\nFinal-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: manual-action/MDN-sent-manually; displayed`,
    expected: { ...displayed, automatic: false },
    id: ID,
  },
  {
    system: 'Exchange on premises: the original id only in the outer In-Reply-To',
    headers: [
      ...HEADERS,
      'In-Reply-To: <parcel-1@sender.example>',
      'References: <older@x.example> <parcel-1@sender.example>',
    ],
    fields:
      'Final-recipient: RFC822; ben@reader.example\nDisposition: automatic-action/MDN-sent-automatically; displayed\nX-MSExch-Correlation-Key: 00f1+aBcD==\nX-Display-Name: Ben Reader',
    expected: { ...displayed, automatic: true },
    id: ID,
  },
  {
    system: 'Exchange Online: the original id folded',
    fields: `Final-recipient: RFC822; ben@reader.example\nDisposition: automatic-action/MDN-sent-automatically; displayed\nX-MSExch-Correlation-Key: 1\nOriginal-Message-ID:\n\t${ID}\nX-Display-Name: Ben`,
    expected: { ...displayed, automatic: true },
    id: ID,
  },
  {
    system: 'Exchange, deleted without being read',
    fields: `Final-recipient: RFC822; ben@reader.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\nOriginal-Message-ID: ${ID}`,
    expected: { address: 'ben@reader.example', disposition: 'deleted', automatic: true },
    id: ID,
  },
  {
    system: 'grommunio: read, without Reporting-UA',
    fields: `Final-Recipient: rfc822;ben@reader.example\nDisposition: automatic-action/MDN-sent-automatically; displayed\nOriginal-Message-ID: ${ID}`,
    expected: { ...displayed, automatic: true },
    id: ID,
  },
  {
    system: 'grommunio: not read',
    fields: `Final-Recipient: rfc822;ben@reader.example\nDisposition: manual-action/MDN-sent-automatically; deleted\nOriginal-Message-ID: ${ID}`,
    expected: { address: 'ben@reader.example', disposition: 'deleted', automatic: false },
    id: ID,
  },
  {
    system: 'SquirrelMail: blanks before the colons',
    fields: `Reporting-UA : reader.example (SquirrelMail)\nOriginal-Recipient : rfc822;ben@reader.example\nFinal-Recipient : rfc822;ben@reader.example\nOriginal-Message-ID : ${ID}\nDisposition : manual-action/MDN-sent-manually; displayed`,
    expected: { ...displayed, automatic: false },
    id: ID,
  },
  {
    system: 'KMail: a display name within Final-Recipient',
    fields: `Reporting-UA: ; KMime 0.1.0\nFinal-Recipient: rfc822; Ben Reader <ben@reader.example>\nOriginal-Message-ID: ${ID}\nDisposition: manual-action/MDN-sent-manually; displayed`,
    expected: { ...displayed, automatic: false },
    id: ID,
  },
  {
    system: 'Delta Chat: a person read, the program sent',
    fields: `Original-Recipient: rfc822;ben@reader.example\nFinal-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: manual-action/MDN-sent-automatically; displayed`,
    expected: { ...displayed, automatic: false },
    id: ID,
  },
  {
    system: 'IndiMail: the delivery agent claims that it was displayed',
    fields: `Reporting-UA: mail.reader.example\nFinal-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: automatic-action/MDN-sent-automatically; displayed`,
    expected: { ...displayed, automatic: true },
    id: ID,
  },
  {
    system: 'Notes: denied, and the id without angle brackets',
    fields:
      'Final-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: parcel-1@sender.example\nDisposition: manual-action/MDN-sent-manually; denied',
    expected: { address: 'ben@reader.example', disposition: 'denied', automatic: false },
    id: ID,
  },
  {
    system: 'a recipient without its type, and every field twice: the first one counts',
    fields: `Final-Recipient: ben@reader.example\nFinal-Recipient: rfc822;other@reader.example\nDisposition: manual-action/MDN-sent-manually; displayed\nDisposition: manual-action/MDN-sent-manually; deleted\nOriginal-Message-ID: ${ID}\nOriginal-Message-ID: <other@x.example>`,
    expected: { ...displayed, automatic: false },
    id: ID,
  },
  {
    system: 'dispatched with an error',
    fields: `Final-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: automatic-action/MDN-sent-automatically; dispatched/error\nError: the printer is out of paper`,
    expected: {
      address: 'ben@reader.example',
      disposition: 'dispatched',
      automatic: true,
      diagnostic: 'the printer is out of paper',
    },
    id: ID,
  },
  {
    system: 'processed (RFC 2298)',
    fields: `Final-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: automatic-action/MDN-sent-automatically; processed`,
    expected: { address: 'ben@reader.example', disposition: 'processed', automatic: true },
    id: ID,
  },
  {
    system: 'no Disposition at all',
    fields: `Final-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}`,
    expected: { address: 'ben@reader.example' },
    id: ID,
  },
];

/** What programs wrote before RFC 8098, or write still among themselves. */
const FREE_TEXT: readonly [system: string, subject: string, text: string, 'displayed' | 'deleted'][] = [
  [
    'Outlook',
    'Read: The parcel',
    'Your message\n\n  To:      Ben\n  Subject: The parcel\n  Sent:    11/2/2026 10:00 AM\n\nwas read on 11/2/2026 10:12 AM.\n',
    'displayed',
  ],
  [
    'Outlook, deleted unread',
    'Not read: The parcel',
    'Your message\n\n  To:      Ben\n  Subject: The parcel\n\nwas deleted without being read on 11/2/2026 10:12 AM.\n',
    'deleted',
  ],
  [
    'Outlook in German',
    'Gelesen: The parcel',
    'Ihre Nachricht\n\nAn: Ben\nBetreff: The parcel\n\nwurde am 02.11.2026 10:12 gelesen.\n',
    'displayed',
  ],
  [
    'Outlook in German, deleted unread',
    'Ungelesen: The parcel',
    'Ihre Nachricht\n\nAn: Ben\nBetreff: The parcel\n\nwurde am 02.11.2026 10:12 ungelesen gelöscht.\n',
    'deleted',
  ],
  [
    'Outlook in French',
    'Lu : The parcel',
    'Votre message\n\nÀ : Ben\n\na été lu le 02/11/2026 10:12.\n',
    'displayed',
  ],
  [
    'Outlook in Spanish',
    'Leído: The parcel',
    'El mensaje\n\nPara: Ben\n\nfue leído el 02/11/2026.\n',
    'displayed',
  ],
  [
    'Lotus Notes',
    'Return Receipt',
    'Return Receipt\n\nYour document:\n  The parcel\nwas received by:\n  Ben Reader/Reader\nat:\n  11/02/2026 10:12:30 AM\n',
    'displayed',
  ],
  [
    'GroupWise',
    'Read receipt: The parcel',
    'Your message "The parcel" was opened by Ben on 11/2/26.\n',
    'displayed',
  ],
];

describe('receipts (RFC 8098)', () => {
  for (const { system, fields, headers, expected, id } of VARIANTS) {
    test(system, () => {
      const report = parseReport(receipt(fields, headers));
      assert.equal(report.kind, 'mdn');
      assert.deepEqual(report.recipients, [expected]);
      assert.equal(report.originalMessageId, id);
    });
  }

  test('the first part may be multipart/alternative, and subjects are localised', () => {
    const alternative = [
      '--inner',
      'Content-Type: text/plain; charset=iso-8859-1',
      '',
      'Ihre Nachricht wurde gelesen.',
      '--inner',
      'Content-Type: text/html',
      '',
      '<p>Ihre Nachricht wurde gelesen.</p>',
      '--inner--',
    ].join('\n');
    const report = parseReport(
      multipart(
        [
          'From: ben@reader.example',
          'Subject: Gelesen: The parcel',
          'In-Reply-To: <parcel-1@sender.example>',
        ],
        [
          { type: 'multipart/alternative; boundary=inner', text: alternative },
          {
            type: 'message/disposition-notification',
            text: 'Final-recipient: RFC822; ben@reader.example\nDisposition: automatic-action/MDN-sent-automatically; displayed',
          },
        ],
        MDN,
      ),
    );
    assert.deepEqual(report.recipients, [{ ...displayed, automatic: true }]);
    assert.equal(report.originalMessageId, ID);
  });

  test('a refusal by Sieve says deleted, but nobody has had the mail: it failed', () => {
    const report = parseReport(
      multipart(
        ['From: ben@reader.example', 'Subject: Automatically rejected mail', 'Auto-Submitted: auto-replied'],
        [
          {
            type: 'text/plain',
            text: 'Your message to <ben@reader.example> was automatically rejected:\nNo parcels, please.',
          },
          {
            type: 'message/disposition-notification',
            text: `Reporting-UA: mail.reader.example; Pigeonhole\nFinal-Recipient: rfc822; ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: automatic-action/MDN-sent-automatically; deleted`,
          },
          RETURNED,
        ],
        MDN,
      ),
    );
    assert.deepEqual(report.recipients, [
      {
        address: 'ben@reader.example',
        disposition: 'deleted',
        automatic: true,
        action: 'failed',
        class: 'policy',
      },
    ]);
  });

  test('without the right part types the fields still make a receipt', () => {
    const report = parseReport(
      multipart(
        HEADERS,
        [
          { type: 'text/plain', text: 'Your message was read.' },
          {
            type: 'text/plain',
            text: `Final-Recipient: rfc822;ben@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: manual-action/MDN-sent-manually; displayed`,
          },
        ],
        'multipart/mixed',
      ),
    );
    assert.equal(report.kind, 'mdn');
    assert.deepEqual(report.recipients, [{ ...displayed, automatic: false }]);
  });

  test('the original id comes from the returned header when the fields have none', () => {
    const report = parseReport(
      multipart(
        HEADERS,
        [
          { type: 'text/plain', text: 'Read.' },
          {
            type: 'message/disposition-notification',
            text: 'Final-Recipient: rfc822;ben@reader.example\nDisposition: manual-action/MDN-sent-manually; displayed',
          },
          { type: 'text/rfc822-headers', text: RETURNED.text.split('\n\n')[0] ?? '' },
        ],
        MDN,
      ),
    );
    assert.equal(report.originalMessageId, ID);
  });

  test('UTF-8 receipts (RFC 6533)', () => {
    const report = parseReport(
      multipart(
        HEADERS,
        [
          {
            type: 'message/global-disposition-notification',
            text: `Final-Recipient: utf-8; b\\x{E9}n@reader.example\nOriginal-Message-ID: ${ID}\nDisposition: manual-action/MDN-sent-manually; displayed`,
          },
        ],
        MDN,
      ),
    );
    assert.equal(report.recipients[0]?.address, 'bén@reader.example');
  });

  for (const [system, subject, text, disposition] of FREE_TEXT) {
    test(`in free text: ${system}`, () => {
      const report = parseReport(
        mail(
          ['From: Ben <ben@reader.example>', `Subject: ${subject}`, 'In-Reply-To: <parcel-1@sender.example>'],
          text,
        ),
      );
      assert.equal(report.kind, 'mdn');
      assert.deepEqual(report.recipients, [{ address: 'ben@reader.example', disposition }]);
      assert.equal(report.originalMessageId, ID);
    });
  }

  test('a person who writes that they have read it has answered', () => {
    for (const [subject, text] of [
      ['Re: The parcel', 'Your message was read by me on Monday. I like it.'],
      ['Read: a book for the holidays', 'I can recommend it.'],
      ['Gelesen: gut', 'Danke, schöner Text.'],
    ] as const) {
      const raw = mail(
        ['From: ben@reader.example', `Subject: ${subject}`, 'In-Reply-To: <parcel-1@sender.example>'],
        text,
      );
      assert.equal(parseReport(raw).kind, 'reply', subject);
    }
  });

  test('a mail that asks for a receipt is none', () => {
    const report = parseReport(
      mail(
        [
          'From: ada@sender.example',
          'Subject: The parcel',
          'Disposition-Notification-To: ada@sender.example',
        ],
        'Hello.',
      ),
    );
    assert.equal(report.kind, 'none');
  });
});
