import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';
import { demoCredential, mailProgram } from './mail.ts';
import type { RunningServer } from './server.ts';

export const MAIL_HTML = '<html><body><p>Hello</p><p><a href="https://example.org/a">a</a></p></body></html>';

/** A mail program that sends one mail after the other until the signal; those answered with 250 are entered. */
export async function sendUntil(
  signal: AbortSignal,
  name: string,
  server: Pick<RunningServer, 'smtp' | 'stdout'>,
  ledger: Ledger,
): Promise<void> {
  const transport = mailProgram(server, demoCredential(server));
  for (let n = 0; !signal.aborted; n++) {
    const subject = `mail ${name}-${n}`;
    try {
      await transport.sendMail({
        from: 'sender@example.org',
        to: ['one@example.net', 'two@example.net'],
        subject,
        html: MAIL_HTML,
      });
      ledger.mails.add(subject);
    } catch {
      await sleep(20);
    }
  }
  transport.close();
}
