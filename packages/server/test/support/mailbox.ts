import { ImapFlow } from 'imapflow';
import { IMAP_PASSWORD, startDovecot, type TestDovecot } from './dovecot.ts';
import { onFreePorts } from './free-ports.ts';
import { eventually } from './server.ts';

/** A Dovecot that Postfix can ask about its users' passwords, too. */
export async function startMailboxes(): Promise<TestDovecot & { authPort: number }> {
  return onFreePorts(1, async ([authPort = 0]) => {
    const listener = `inet_listener {\n    address = 127.0.0.1\n    port = ${authPort}\n  }`;
    const dovecot = await startDovecot({ extra: `service auth {\n  ${listener}\n}\n` });
    return { ...dovecot, authPort };
  });
}

/** Reads somebody's INBOX over IMAP until there is a mail in it of which `isIt` holds. @returns its bytes */
export async function mailInInbox(
  { imap }: Pick<TestDovecot, 'imap'>,
  user: string,
  what: string,
  isIt: (text: string) => boolean,
): Promise<Buffer> {
  const client = new ImapFlow({
    ...imap,
    secure: false,
    auth: { user, pass: IMAP_PASSWORD },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX', { readOnly: true });
    return await eventually(what, async () => {
      await client.noop();
      const mails = client.mailbox === false || client.mailbox.exists === 0 ? [] : await sources(client);
      return mails.find((mail) => isIt(mail.toString('latin1')));
    });
  } finally {
    await client.logout();
  }
}

async function sources(client: ImapFlow): Promise<Buffer[]> {
  const all = await client.fetchAll('1:*', { source: true });
  return all.flatMap(({ source }) => (source === undefined ? [] : [source]));
}
