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
export function mailInInbox(
  dovecot: Pick<TestDovecot, 'imap'>,
  user: string,
  what: string,
  isIt: (text: string) => boolean,
): Promise<Buffer> {
  return inInbox(dovecot, user, (client) =>
    eventually(what, async () => {
      await client.noop();
      return (await sources(client)).find((mail) => isIt(mail.toString('latin1')));
    }),
  );
}

/** How many mails are in somebody's INBOX now of which `isIt` holds. */
export async function countInInbox(
  dovecot: Pick<TestDovecot, 'imap'>,
  user: string,
  isIt: (text: string) => boolean,
): Promise<number> {
  const mails = await inInbox(dovecot, user, sources);
  return mails.filter((mail) => isIt(mail.toString('latin1'))).length;
}

async function inInbox<T>(
  { imap }: Pick<TestDovecot, 'imap'>,
  user: string,
  look: (client: ImapFlow) => Promise<T>,
): Promise<T> {
  const client = new ImapFlow({
    ...imap,
    secure: false,
    auth: { user, pass: IMAP_PASSWORD },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX', { readOnly: true });
    return await look(client);
  } finally {
    await client.logout();
  }
}

async function sources(client: ImapFlow): Promise<Buffer[]> {
  if (client.mailbox === false || client.mailbox.exists === 0) return [];
  const all = await client.fetchAll('1:*', { source: true });
  return all.flatMap(({ source }) => (source === undefined ? [] : [source]));
}
