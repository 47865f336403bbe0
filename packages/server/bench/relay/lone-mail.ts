import { SmtpDialogue } from '../../test/support/smtp-dialogue.ts';
import type { Sink } from './smtp-programs.ts';

/** How long a mail takes that is alone, in ms from its final dot. */
export interface LoneMail {
  /** To the 250. */
  accepted: number;
  /** To the server behind. */
  arrived: number;
}

/** @param mail with CRLF, and without lines that begin with a dot */
export async function sendLoneMail(port: number, sink: Sink, mail: string): Promise<LoneMail> {
  const client = await SmtpDialogue.open({ host: '127.0.0.1', port });
  try {
    await client.command('EHLO bench.example.org');
    await client.command('MAIL FROM:<sam@example.org>');
    await client.command('RCPT TO:<ann@example.net>');
    await client.command('DATA');
    client.write(mail);
    const arrival = sink.received(1);
    const start = performance.now();
    const reply = await client.command('.');
    const accepted = performance.now() - start;
    if (!reply.startsWith('250')) throw new Error(`the mail was not accepted: ${reply}`);
    await arrival;
    return { accepted, arrived: performance.now() - start };
  } finally {
    client.close();
  }
}
