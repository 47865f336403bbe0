/**
 * What does instrumentation cost? Prints megabytes a second and ratios against (a) copying the bytes and (b) taking
 * the same mail apart with mailparser and building it again with nodemailer:
 *
 *   node packages/server/bench/instrument.ts [DIRECTORY OF .eml FILES]
 *
 * Without a directory the mails are made up: a newsletter in three encodings, alone and with an attachment. Each further
 * copy of a mail that was read is measured too, and hostile mail at two sizes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { instrument, prepareMessage, type InstrumentOptions } from '../src/relay/instrument/instrument.ts';
import { sampleMail } from './relay/sample-mail.ts';

const OPTIONS: InstrumentOptions = {
  pixelUrl: 'https://track.example.org/o/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.gif',
  linkUrl: (destination, index) =>
    `https://track.example.org/l/${index}?to=${encodeURIComponent(destination)}`,
  isTracked: () => undefined,
};

const GOAL = 10;
/** What runs beside it on the machine slows some rounds and not others: of each work the best round counts. */
const ROUNDS = 12;
const ROUND_SECONDS = 0.15;

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
    { name: 'what relays are measured with', mails: [Buffer.from(sampleMail())] },
    { name: 'with an attachment of 1 MB', mails: [newsletter('quoted-printable', 1_000_000)] },
    { name: 'with an attachment of 18 MB', mails: [newsletter('quoted-printable', 18_000_000)] },
  ];
}

type Work = (mail: Buffer) => unknown;

/** Seconds that each work takes for all mails, in its best round; the rounds of all works take turns. */
async function measure(mails: readonly Buffer[], works: readonly Work[]): Promise<number[]> {
  const best = works.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, work] of works.entries()) {
      const seconds = await secondsOf(mails, work);
      best[index] = Math.min(best[index] ?? Infinity, seconds);
    }
  }
  return best;
}

async function secondsOf(mails: readonly Buffer[], work: Work): Promise<number> {
  const start = performance.now();
  let passes = 0;
  let seconds = 0;
  while (seconds < ROUND_SECONDS) {
    for (const mail of mails) await work(mail);
    passes += 1;
    seconds = (performance.now() - start) / 1_000;
  }
  return seconds / passes;
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

const HTML = 'Content-Type: text/html; charset=utf-8\r\n\r\n';
const LINK = '<a href="http://a/">';

/** Mails that make careless code slow, by how often what is in them is repeated. */
const HOSTILE: Record<string, (count: number) => string> = {
  'nested tags': (count) => HTML + '<div>'.repeat(count),
  'tables in tables': (count) => HTML + '<table>'.repeat(count),
  'attributes of one tag': (count) => `${HTML}<a ${'x=y '.repeat(count)}>`,
  'open links (a tenth)': (count) => HTML + LINK.repeat(count / 10),
  'a line, ten times as long': (count) => HTML + 'x'.repeat(10 * count),
  'unterminated quotes': (count) => HTML + '<a href="'.repeat(count),
  comments: (count) => HTML + '<!---->'.repeat(count),
  'less-than signs, ten times': (count) => HTML + '<'.repeat(10 * count),
  'header fields': (count) => 'X: y\r\n'.repeat(count) + HTML,
  parts: (count) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(count)}--b--`,
  'lines like boundaries': (count) =>
    `Content-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\n${HTML}${'--x\r\n'.repeat(count)}--xy--`,
  'soft line breaks': (count) =>
    `Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${'=\r\n'.repeat(count)}x`,
};

const MANY = 1_000_000;

function hostile(): void {
  console.log(
    '\nHostile mail, 10⁶ of each: milliseconds a megabyte (the goal is 50), and how much longer twice as many take:',
  );
  const msOf = (message: Buffer): number => {
    const start = performance.now();
    instrument(message, OPTIONS);
    return performance.now() - start;
  };
  for (const [name, make] of Object.entries(HOSTILE)) {
    const [once, twice] = [MANY, 2 * MANY].map((count) => Buffer.from(make(count)));
    if (once === undefined || twice === undefined) continue;
    const best = (message: Buffer): number => Math.min(msOf(message), msOf(message), msOf(message));
    const ms = best(once);
    const ratio = `x${(best(twice) / ms).toFixed(1)}`;
    console.log(`  ${name.padEnd(28)}${(ms / (once.length / 1e6)).toFixed(1).padStart(8)}   ${ratio}`);
  }
}

/** Of a mail that goes to many, each further copy. */
function furtherCopies(mails: readonly Buffer[]): Work {
  const prepared = new Map(mails.map((mail) => [mail, prepareMessage(mail)]));
  return (mail) => instrument(prepared.get(mail) ?? mail, OPTIONS).message;
}

const COLUMNS = ['copy', 'instrument', 'rebuild'];
console.log(`${''.padEnd(30)}${COLUMNS.map((name) => name.padStart(12)).join('')}   MB/s`);
let worst = Infinity;
for (const { name, mails } of groups(process.argv[2])) {
  const bytes = mails.reduce((sum, { length }) => sum + length, 0);
  const [copy = 0, ours = 0, further = 0, theirs = 0] = await measure(mails, [
    (mail) => Buffer.from(mail),
    (mail) => instrument(mail, OPTIONS).message,
    furtherCopies(mails),
    rebuild,
  ]);
  worst = Math.min(worst, theirs / ours);
  const speeds = [copy, ours, theirs].map((seconds) => (bytes / 1e6 / seconds).toFixed(1).padStart(12));
  const each = (seconds: number): string => `${((seconds * 1e6) / mails.length).toFixed(0)} µs`;
  console.log(
    `${name.padEnd(30)}${speeds.join('')}   ${(theirs / ours).toFixed(1)}x rebuilding; a mail takes ${each(ours)}, ` +
      `each further copy ${each(further)}`,
  );
}
console.log(`goal: at least ${GOAL}x rebuilding; worst ${worst.toFixed(1)}x`);
hostile();
process.exitCode = worst >= GOAL ? 0 : 1;
