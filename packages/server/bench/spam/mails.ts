import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';

export interface SampleMail {
  group: 'short mails written here' | 'ham' | 'other mail' | 'templates';
  name: string;
  message: Buffer;
}

/** What filters are asked about: wanted mail of the corpus, its templates as mails, and short mails of our own. */
export async function sampleMails(corpus: string | undefined): Promise<SampleMail[]> {
  const mails = await shortMails();
  if (corpus !== undefined && existsSync(join(corpus, 'eml', 'index.tsv'))) mails.push(...realMails(corpus));
  if (corpus !== undefined && existsSync(join(corpus, 'html'))) mails.push(...(await templateMails(corpus)));
  return mails;
}

function realMails(corpus: string): SampleMail[] {
  const lines = readFileSync(join(corpus, 'eml', 'index.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  return lines.flatMap((line): SampleMail[] => {
    const [name = '', , , list = ''] = line.split('\t');
    const traits = new Set(list.split(';'));
    if (traits.has('spam')) return [];
    const message = readFileSync(join(corpus, 'eml', name));
    return [{ group: traits.has('ham') ? 'ham' : 'other mail', name, message }];
  });
}

/** Each template as a mail. */
export async function templateMails(corpus: string): Promise<SampleMail[]> {
  const folder = join(corpus, 'html');
  const mails: SampleMail[] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.html'))) {
    const html = decodeTemplate(name, readFileSync(join(folder, name)));
    mails.push({ group: 'templates', name, message: await wrapped(html, 'News of the week') });
  }
  return mails;
}

function decodeTemplate(name: string, bytes: Buffer): string {
  const label = /utf-16be/i.test(name) ? 'utf-16be' : /utf-16/i.test(name) ? 'utf-16le' : 'utf-8';
  return new TextDecoder(label).decode(bytes);
}

/** A proper mail around the HTML, as a mail service would send it. */
async function wrapped(html: string, subject: string): Promise<Buffer> {
  const text = html
    .replaceAll(/<(style|script|title)[\s>][^]*?<\/\1>|<!--[^]*?-->|<[^>]*>/gi, ' ')
    .replaceAll(/&nbsp;|&zwnj;|&#\d+;/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const composer = new MailComposer({
    from: 'Ann Archer <ann@archer-gardens.com>',
    to: 'Bob Baker <bob@baker-street.org>',
    subject,
    date: new Date(),
    messageId: '<8f14e45f-ceea-467f-a0e6-3b1b2c9d1f00@archer-gardens.com>',
    headers: {
      Received:
        'from mail.archer-gardens.com (mail.archer-gardens.com [203.0.113.25]) by mx.baker-street.org (Postfix) ' +
        `with ESMTPS id 4XkT2b1cZzz9s1 for <bob@baker-street.org>; ${new Date().toUTCString().replace('GMT', '+0000')}`,
    },
    text,
    html,
    textEncoding: 'quoted-printable',
  });
  return composer.compile().build();
}

const SENTENCES = [
  'Thank you for the figures of last week, they arrived in time.',
  'The pallets leave the yard on Thursday, and the driver calls you an hour before.',
  'Could you look over the second page once more? Two of the sums do not agree with ours.',
  'We moved the meeting to ten, because the hall is taken before.',
  'Mary will bring the keys, and she knows where the meter is.',
  'If the weather holds, the roof will be done by Friday.',
  'Please tell Tom that the offer stands until the end of the month.',
];

/** As mail programs write them: a fragment, a document, paragraphs with styles. */
const FORMS: Readonly<Record<string, (paragraphs: readonly string[]) => string>> = {
  fragment: (paragraphs) =>
    `<div dir="ltr">${paragraphs.map((text) => `<div>${text}</div>`).join('<div><br></div>')}</div>\r\n`,
  document: (paragraphs) =>
    '<html>\r\n  <head>\r\n    <meta http-equiv="content-type" content="text/html; charset=UTF-8">\r\n  </head>\r\n' +
    `  <body>\r\n${paragraphs.map((text) => `    <p>${text}</p>`).join('\r\n')}\r\n  </body>\r\n</html>\r\n`,
  styled: (paragraphs) =>
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body style="overflow-wrap: break-word; line-break: after-white-space;">' +
    `${paragraphs.map((text) => `<p style="margin: 0px; font: 12px Helvetica;">${text}</p>`).join('')}</body></html>`,
};

const LINK =
  ' You find it at <a href="https://archer-gardens.com/offers/autumn?id=20931">our autumn page</a>.';
const LOGO = '<img src="https://archer-gardens.com/logo.png" width="120" height="40" alt="Archer Gardens">';

/** The lengths at which filters count images in short mail, with and without a link and an image of their own. */
async function shortMails(): Promise<SampleMail[]> {
  const mails: SampleMail[] = [];
  for (const [form, write] of Object.entries(FORMS)) {
    for (const [extra, markup] of Object.entries({ plain: '', link: LINK, image: LOGO, both: LINK + LOGO })) {
      for (const count of [1, 3, 6, 10, 14, 18, 22, 26, 30, 40, 60]) {
        const paragraphs = Array.from(
          { length: count },
          (_, index) => (SENTENCES[index % SENTENCES.length] ?? '') + (index === count - 1 ? markup : ''),
        );
        const message = await wrapped(write(paragraphs), 'The order for the north garden');
        mails.push({
          group: 'short mails written here',
          name: `${form}, ${extra}, ${count} sentences`,
          message,
        });
      }
    }
  }
  return mails;
}
