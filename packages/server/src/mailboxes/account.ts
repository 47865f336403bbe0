import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { isLoopbackHost } from '../relay/relay.ts';

/**
 * `off`: never TLS. `opportunistic`: STARTTLS when offered, with whatever certificate. `require`: TLS with whatever
 * certificate. `verify`: TLS, and the certificate must be valid for the host.
 */
export type MailboxTls = 'off' | 'opportunistic' | 'require' | 'verify';

/** A sender's mailbox, as the configuration names it. */
export interface MailboxAccount {
  /** What its cursors and copies are kept under: `user@host:port`, without the password. */
  id: string;
  /** From 1, in the order of the configuration: what logs and metrics call it. */
  number: number;
  /** Whose mail it is, in lower case. */
  address: string;
  /** Undefined: the first workspace. */
  workspaceId: WorkspaceId | undefined;
  host: string;
  port: number;
  /** TLS from the start (RFC 8314). */
  implicitTls: boolean;
  tls: MailboxTls;
  user: string;
  /** Undefined: it signs in with an access token (OAuth 2.0). */
  password: string | undefined;
  /** Folders in which reports and replies are looked for. */
  watch: readonly string[];
  /** Folder for copies of sent mail, or `auto`: the one that the server marks as such. Undefined: no copies. */
  sent: string | undefined;
}

const POLICIES: readonly string[] = ['off', 'opportunistic', 'require', 'verify'] satisfies MailboxTls[];
const PARAMETERS: readonly string[] = ['address', 'workspace', 'watch', 'sent', 'tls', 'auth'];

/**
 * Reads addresses like `imaps://user:password@host:993/?address=ann@example.org&sent=auto&watch=INBOX,Junk`, separated
 * by blanks or line ends; what is special in an address is percent-encoded.
 * @throws AppError `misconfigured`; its text names the account by its number and holds no password
 */
export function readMailboxAccounts(text: string): MailboxAccount[] {
  const entries = text.split(/[\s,]+(?=imaps?:)|\s+/i).filter((entry) => entry !== '');
  const accounts = entries.map((entry, index) => readAccount(entry.replace(/,$/, ''), index + 1));
  const known = new Map<string, number>();
  for (const { id, number } of accounts) {
    const first = known.get(id);
    if (first !== undefined)
      throw misconfigured(number, `signs in as account ${first} does: keep one of them`);
    known.set(id, number);
  }
  return accounts;
}

function readAccount(text: string, number: number): MailboxAccount {
  if (!URL.canParse(text)) throw misconfigured(number, 'is not an address like imaps://user:password@host');
  const url = new URL(text);
  const implicitTls = url.protocol === 'imaps:';
  if (!implicitTls && url.protocol !== 'imap:') {
    throw misconfigured(number, 'must begin with imaps:// or imap://');
  }
  const host = decoded(url.hostname.replace(/^\[|\]$/g, ''), number, 'host').toLowerCase();
  if (host === '') throw misconfigured(number, 'names no host');
  if (url.pathname !== '' && url.pathname !== '/') {
    throw misconfigured(number, `has a path (${url.pathname}): folders are named with watch= and sent=`);
  }
  const user = decoded(url.username, number, 'user name');
  const password = readPassword(url, number);
  if (user === '') throw misconfigured(number, 'needs a user name');
  const wrong = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (wrong !== undefined) {
    throw misconfigured(number, `has an unknown ${wrong}=: ${PARAMETERS.join(', ')} are known`);
  }
  const port = url.port === '' ? (implicitTls ? 993 : 143) : Number(url.port);
  const watch = readFolders(url.searchParams.get('watch') ?? 'INBOX');
  const sent = url.searchParams.get('sent') ?? '';
  if (watch.length === 0 && sent === '')
    throw misconfigured(number, 'has nothing to do: set watch= or sent=');
  return {
    id: `${user}@${host}:${port}`,
    number,
    address: readAddress(url.searchParams.get('address') ?? user, number),
    workspaceId: readWorkspace(url.searchParams.get('workspace'), number),
    host,
    port,
    implicitTls,
    tls: readTls(url.searchParams.get('tls'), { implicitTls, host, number }),
    user,
    password,
    watch,
    sent: sent === '' ? undefined : sent,
  };
}

/** @returns undefined for an account that signs in by OAuth */
function readPassword({ password, searchParams }: URL, number: number): string | undefined {
  const auth = searchParams.get('auth') ?? 'password';
  if (auth !== 'password' && auth !== 'oauth') {
    throw misconfigured(number, `has an unknown auth=${auth}: password and oauth are known`);
  }
  if (auth === 'password' && password === '') {
    throw misconfigured(number, 'needs a password, or auth=oauth');
  }
  if (auth === 'oauth' && password !== '') {
    throw misconfigured(number, 'has a password and auth=oauth: keep one of them');
  }
  return auth === 'oauth' ? undefined : decoded(password, number, 'password');
}

function readFolders(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  // INBOX is the one name whose case does not count (RFC 9051 §5.1).
  const same = names.map((name) => (name.toUpperCase() === 'INBOX' ? 'INBOX' : name));
  return [...new Set(same)].filter((name) => name !== '');
}

function readAddress(text: string, number: number): string {
  const address = text.trim().toLowerCase();
  if (/^[^\s@<>,]+@[^\s@<>,]+$/.test(address)) return address;
  throw misconfigured(number, 'needs address=, the mail address whose mailbox it is');
}

function readWorkspace(text: string | null, number: number): WorkspaceId | undefined {
  if (text === null) return undefined;
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id < 1 || id > 0xffff_ffff)
    throw misconfigured(number, 'has a workspace= that is not the number of one');
  return id as WorkspaceId;
}

function readTls(
  wanted: string | null,
  { implicitTls, host, number }: { implicitTls: boolean; host: string; number: number },
): MailboxTls {
  if (wanted === null) return implicitTls || !isLoopbackHost(host) ? 'verify' : 'opportunistic';
  if (!POLICIES.includes(wanted)) {
    throw misconfigured(number, `has an unknown tls=${wanted}: ${POLICIES.join(', ')} are known`);
  }
  if (wanted === 'off' && implicitTls) throw misconfigured(number, 'cannot be imaps:// with tls=off');
  if (implicitTls && wanted === 'opportunistic') return 'require';
  if ((wanted === 'off' || wanted === 'opportunistic') && !isLoopbackHost(host)) {
    throw misconfigured(
      number,
      `would send its password unprotected: tls=${wanted} is for this machine only`,
    );
  }
  return wanted as MailboxTls;
}

function decoded(text: string, number: number, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw misconfigured(number, `has a ${what} that is not percent-encoded`);
  }
}

function misconfigured(number: number, problem: string): AppError {
  return new AppError('misconfigured', `WAYBILL_IMAP_ACCOUNTS: account ${number} ${problem}.`);
}
