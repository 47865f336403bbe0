import assert from 'node:assert/strict';
import { IMAP_PASSWORD } from '../support/dovecot.ts';
import { countInInbox, mailInInbox } from '../support/mailbox.ts';
import { eventually } from '../support/server.ts';
import type { SmarthostMail } from '../support/smarthost.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import type { FilterChain } from './filter-chain.ts';

/** Lines of a mail after its address fields, which are in `latin1`. */
export function composedMail(subject: string, lines: readonly string[]): string {
  const head = [`From: sam@example.org`, `To: someone@example.net`, `Subject: ${subject}`];
  const rest = [
    `Message-ID: <${subject.replace(' ', '-')}@example.org>`,
    DATE,
    'MIME-Version: 1.0',
    ...lines,
  ];
  return `${[...head, ...rest].join('\r\n')}\r\n`;
}
const DATE = 'Date: Mon, 23 Nov 2026 12:00:00 +0000';

/** As it is on the wire. */
export const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** Says the bytes as they are, through Postfix' submission. */
export async function submit(
  { submission }: FilterChain,
  raw: string,
  { from = 'sam@example.org', to, parameters = '' }: { from?: string; to: string; parameters?: string },
): Promise<void> {
  const client = await SmtpDialogue.open(submission);
  try {
    await client.signIn('sam', IMAP_PASSWORD);
    assert.match(await client.command(`MAIL FROM:<${from}>${parameters}`), /^250/);
    assert.match(await client.command(`RCPT TO:<${to}>`), /^250/);
    assert.match(await client.command('DATA'), /^354/);
    client.write(`${raw.replaceAll(/^\./gm, '..')}.\r\n`);
    assert.match(await client.reply(), /^250/);
  } finally {
    client.close();
  }
}

/** Servers put their fields on top; the mail itself begins with its From. */
export const withoutTrace = (arrived: string): string => arrived.slice(arrived.indexOf('\r\nFrom: ') + 2);

export const inInbox = (chain: FilterChain, user: string, subject: string): Promise<Buffer> =>
  mailInInbox(chain.dovecot, user, `“${subject}” reaches ${user}`, (text) =>
    text.includes(`\nSubject: ${subject}\r\n`),
  );

export const countWithSubject = (chain: FilterChain, user: string, subject: string): Promise<number> =>
  countInInbox(chain.dovecot, user, (text) => text.includes(`\nSubject: ${subject}\r\n`));

export const atFar = ({ far }: FilterChain, user: string, subject: string): Promise<SmarthostMail> =>
  eventually(`“${subject}” reaches ${user}`, async () =>
    far.mails.find(({ to, raw }) => to.includes(user) && raw.includes(`\nSubject: ${subject}\r\n`)),
  );
