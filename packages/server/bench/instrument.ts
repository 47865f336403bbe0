/**
 * What does instrumentation cost? Prints megabytes a second and ratios against (a) copying the bytes and (b) taking
 * the same mail apart with mailparser and building it again with nodemailer:
 *
 *   node packages/server/bench/instrument.ts [DIRECTORY OF .eml FILES]
 *
 * Without a directory the mails are made up: a newsletter in three encodings, alone and with an attachment.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { instrument, type InstrumentOptions } from '../src/relay/instrument/instrument.ts';
import { surveyHtml } from '../src/relay/instrument/html-survey.ts';

const OPTIONS: InstrumentOptions = {
  pixelUrl: 'https://track.example.org/o/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.gif',
  linkUrl: (destination, index) =>
    `https://track.example.org/l/${index}?to=${encodeURIComponent(destination)}`,
  isTracked: () => undefined,
};

const GOAL = 10;
const LEAST_SECONDS = 1.5;

interface Group {
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

function groups(directory: string | undefined): Group[] {
  if (directory !== undefined) {
    const mails = readdirSync(directory)
      .filter((file) => file.endsWith('.eml'))
      .map((file) => readFileSync(join(directory, file)))
      .filter((mail) => instrument(mail, OPTIONS).touched);
    return [{ name: `${mails.length} mails with HTML`, mails }];
  }
  const encodings = ['quoted-printable', 'base64', '8bit'] as const;
  return [
    ...encodings.map((encoding) => ({ name: `newsletter, ${encoding}`, mails: [newsletter(encoding, 100)] })),
    { name: 'with an attachment of 1 MB', mails: [newsletter('quoted-printable', 1_000_000)] },
    { name: 'with an attachment of 18 MB', mails: [newsletter('quoted-printable', 18_000_000)] },
  ];
}

/** Megabytes a second, and for how long the slowest mail blocks. */
async function measure(mails: readonly Buffer[], work: (mail: Buffer) => unknown): Promise<number> {
  for (const mail of mails) await work(mail);
  const start = performance.now();
  let bytes = 0;
  let seconds = 0;
  while (seconds < LEAST_SECONDS) {
    for (const mail of mails) {
      await work(mail);
      bytes += mail.length;
    }
    seconds = (performance.now() - start) / 1_000;
  }
  return bytes / 1_000_000 / seconds;
}

async function rebuild(mail: Buffer): Promise<Buffer> {
  const { from, to, subject, text, html, attachments } = await simpleParser(mail, { skipHtmlToText: true });
  const toText = to === undefined ? '' : Array.isArray(to) ? to.map((each) => each.text).join(', ') : to.text;
  const composer = new MailComposer({
    from: from?.text ?? '',
    to: toText,
    subject: subject ?? '',
    ...(text === undefined ? {} : { text }),
    html: html === false || html === undefined ? '' : html,
    attachments: attachments.map(({ content, contentType, filename }) => ({
      content,
      contentType,
      ...(filename === undefined ? {} : { filename }),
    })),
  });
  return composer.compile().build();
}

function hostile(): void {
  console.log('\nHostile HTML, milliseconds a megabyte (the goal for any mail is 50):');
  const inputs: Record<string, string> = {
    '10⁶ nested tags': '<div>'.repeat(1_000_000),
    '10⁶ tables in tables': '<table>'.repeat(1_000_000),
    '10⁶ attributes of one tag': `<a ${'x=y '.repeat(1_000_000)}>`,
    '10⁵ open links': '<a href="http://a/">'.repeat(100_000),
    'a line of 10 MB': 'x'.repeat(10_000_000),
    '10⁶ unterminated quotes': '<a href="'.repeat(1_000_000),
    '10⁶ comments': '<!---->'.repeat(1_000_000),
    '10⁷ less-than signs': '<'.repeat(10_000_000),
  };
  for (const [name, html] of Object.entries(inputs)) {
    const start = performance.now();
    surveyHtml(html);
    const ms = performance.now() - start;
    console.log(`  ${name.padEnd(28)}${(ms / (html.length / 1_000_000)).toFixed(1).padStart(8)}`);
  }
}

console.log(
  `${''.padEnd(30)}${['copy', 'instrument', 'rebuild'].map((name) => name.padStart(12)).join('')}   MB/s`,
);
let worst = Infinity;
for (const { name, mails } of groups(process.argv[2])) {
  const copy = await measure(mails, (mail) => Buffer.from(mail));
  const ours = await measure(mails, (mail) => instrument(mail, OPTIONS).message);
  const theirs = await measure(mails, rebuild);
  worst = Math.min(worst, ours / theirs);
  const speeds = [copy, ours, theirs].map((speed) => speed.toFixed(1).padStart(12)).join('');
  console.log(
    `${name.padEnd(30)}${speeds}   ${(ours / theirs).toFixed(1)}x rebuilding, 1/${(copy / ours).toFixed(1)} of copying`,
  );
}
console.log(`goal: at least ${GOAL}x rebuilding; worst ${worst.toFixed(1)}x`);
hostile();
process.exitCode = worst >= GOAL ? 0 : 1;
