import { sampleMail } from '../relay/sample-mail.ts';

export interface Group {
  name: string;
  mails: Buffer[];
}

function newsletter(encoding: 'quoted-printable' | 'base64' | '8bit', attachmentBytes: number): Buffer {
  const row = (index: number): string =>
    `<tr><td style="padding:8px"><a href="https://shop.example.com/p/${index}?utm_source=mail&amp;utm_id=${index}">Offer ${index}</a>` +
    '<p>Some words about it, a price, and an umlaut: \u00fc.</p></td></tr>\r\n';
  const html = `<html><body><table>\r\n${Array.from({ length: 60 }, (_, index) => row(index)).join('')}</table></body></html>\r\n`;
  const bytes = Buffer.from(html);
  const wrapped = (some: Buffer): string => some.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const quoted = (): string =>
    html
      .replaceAll('=', '=3D')
      .replaceAll('\u00fc', '=C3=BC')
      .split('\r\n')
      .map((line) => line.replaceAll(/(?:=..|[^=]){1,70}(?=.)/g, '$&=\r\n'))
      .join('\r\n');
  const encoded = { base64: wrapped(bytes), 'quoted-printable': quoted(), '8bit': bytes.toString('latin1') }[
    encoding
  ];
  return Buffer.from(
    [
      'From: Ann <ann@example.org>',
      'To: bob@example.com',
      'Subject: News',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="part"',
      '',
      '--part',
      'Content-Type: text/html; charset=utf-8',
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      encoded,
      '--part',
      'Content-Type: application/pdf',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="offer.pdf"',
      '',
      wrapped(Buffer.alloc(attachmentBytes, 'attachment')),
      '--part--',
      '',
    ].join('\r\n'),
    'latin1',
  );
}

export function madeUpMails(): Group[] {
  const encodings = ['quoted-printable', 'base64', '8bit'] as const;
  return [
    ...encodings.map((encoding) => ({ name: `newsletter, ${encoding}`, mails: [newsletter(encoding, 100)] })),
    { name: 'what relays are measured with', mails: [Buffer.from(sampleMail())] },
    { name: 'with an attachment of 1 MB', mails: [newsletter('quoted-printable', 1_000_000)] },
    { name: 'with an attachment of 18 MB', mails: [newsletter('quoted-printable', 18_000_000)] },
  ];
}
