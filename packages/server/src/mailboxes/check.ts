import type { ImapFlow } from 'imapflow';
import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { MailboxAccount } from './account.ts';
import { openSentFolder } from './sent-folder.ts';
import { SignIn } from './sign-in.ts';
import { DEFAULT_MAILBOX_TIMING } from './timing.ts';
import { troubleOf } from './trouble.ts';

/** What works in one account. */
export interface MailboxCheck {
  account: Pick<MailboxAccount, 'number' | 'address' | 'host' | 'port'>;
  /** Why nobody can sign in; the rest is empty then. */
  problem?: string;
  isEncrypted: boolean;
  /** News are told at once; otherwise the folders are looked at every minute. */
  hasIdle: boolean;
  folders: { name: string; messages?: number; problem?: string }[];
  /** Absent when no copies are wanted. */
  sent?: { folder: string } | { problem: string };
}

/** Signs in and looks whether everything that is asked for is there. Nothing in the mailbox is changed. */
export async function checkMailbox(
  account: MailboxAccount,
  deps: { clock: Clock; random: RandomBytes; signal?: AbortSignal; tokens?: AccessTokens | undefined },
): Promise<MailboxCheck> {
  const { number, address, host, port, watch, sent } = account;
  const result: MailboxCheck = {
    account: { number, address, host, port },
    isEncrypted: false,
    hasIdle: false,
    folders: [],
  };
  const signIn = new SignIn({ account, pauses: DEFAULT_MAILBOX_TIMING.signIn, ...deps });
  let client: ImapFlow;
  try {
    client = await signIn.open(deps.signal);
  } catch (error) {
    return { ...result, problem: troubleOf(error, account).text };
  }
  try {
    result.isEncrypted = client.secureConnection;
    result.hasIdle = client.capabilities.has('IDLE');
    for (const name of watch) result.folders.push(await checkFolder(client, account, name));
    if (sent !== undefined) result.sent = await checkSent(client, account, sent);
    await client.logout();
  } catch (error) {
    result.problem = troubleOf(error, account).text;
  } finally {
    client.close();
  }
  return result;
}

async function checkFolder(
  client: ImapFlow,
  account: MailboxAccount,
  name: string,
): Promise<MailboxCheck['folders'][number]> {
  try {
    const { exists } = await client.mailboxOpen(name, { readOnly: true });
    return { name, messages: exists };
  } catch (error) {
    if (!client.usable) throw error;
    return { name, problem: troubleOf(error, account, name).text };
  }
}

async function checkSent(
  client: ImapFlow,
  account: MailboxAccount,
  sent: string,
): Promise<NonNullable<MailboxCheck['sent']>> {
  try {
    return { folder: await openSentFolder(client, sent) };
  } catch (error) {
    if (!client.usable) throw error;
    return { problem: troubleOf(error, account, sent).text };
  }
}
