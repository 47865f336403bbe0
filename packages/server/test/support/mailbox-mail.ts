import { mail, multipart } from './report-mail.ts';
import { ANN, BOB } from './mailbox-bench.ts';

let count = 0;

function headers(from: string, subject: string, more: readonly string[] = []): string[] {
  count += 1;
  return [
    `From: ${from}`,
    `To: ${ANN}`,
    `Subject: ${subject}`,
    `Date: ${new Date(Date.now() + count * 1_000).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <answer-${count}@reader.example>`,
    ...more,
  ];
}

/** A notice that Bob's mailbox does not exist (RFC 3464). */
export function bounceOf(messageId: string): Buffer {
  return multipart(headers('Mail Delivery System <MAILER-DAEMON@mx.example.net>', 'Undelivered Mail'), [
    { type: 'text/plain', text: 'Your message could not be delivered.' },
    {
      type: 'message/delivery-status',
      text: `Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ${BOB}\nAction: failed\nStatus: 5.1.1\n`,
    },
    { type: 'text/rfc822-headers', text: `From: ${ANN}\nTo: ${BOB}\nMessage-ID: ${messageId}\n` },
  ]);
}

/** Bob's mail program says that he saw the mail (RFC 8098). */
export function receiptOf(messageId: string): Buffer {
  return multipart(
    headers(`Bob <${BOB}>`, 'Read: The parcel'),
    [
      { type: 'text/plain', text: 'This is a receipt.' },
      {
        type: 'message/disposition-notification',
        text: `Final-Recipient: rfc822; ${BOB}\nOriginal-Message-ID: ${messageId}\nDisposition: manual-action/MDN-sent-manually; displayed\n`,
      },
    ],
    'multipart/report; report-type=disposition-notification',
  );
}

/** Bob is away (RFC 3834). */
export function autoReplyTo(messageId: string): Buffer {
  const more = ['Auto-Submitted: auto-replied', `In-Reply-To: ${messageId}`];
  return mail(headers(`Bob <${BOB}>`, 'Out of office', more), 'I am away until Monday.\n');
}

export function replyTo(messageId: string, from = `Bob <${BOB}>`): Buffer {
  const more = [`In-Reply-To: ${messageId}`, `References: <other@example.org> ${messageId}`];
  return mail(headers(from, 'Re: The parcel', more), 'Thank you.\n');
}

/** Somebody's mail through a mailing list (RFC 2369). */
export function listMail(list: string): Buffer {
  return mail(
    headers('Cleo <cleo@example.com>', '[parcels] Boxes', [`List-Post: <mailto:${list}>`]),
    'Hm.\n',
  );
}

export function ordinaryMail(subject = 'Lunch?'): Buffer {
  return mail(headers('Cleo <cleo@example.com>', subject), 'At noon.\n');
}
