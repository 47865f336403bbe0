import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemRandom } from '../../src/kernel/ids.ts';
import { selfSigned } from '../../src/relay/self-signed.ts';
import { onFreePorts } from './free-ports.ts';
import { temporaryDirectory } from './temp-dir.ts';

const PROGRAM = '/usr/sbin/dovecot';
const SETPRIV = '/usr/bin/setpriv';
const READY_WITHIN_MS = 60_000;

/** Why there is no Dovecot, or false: give it to `test` as its `skip` option. */
export const noDovecot: string | false = existsSync(PROGRAM) ? false : 'no Dovecot on this machine';

/** What every user signs in with. */
export const IMAP_PASSWORD = 'pass';

export interface DovecotOptions {
  /** Offer STARTTLS and a listener with TLS from the start, with a self-signed certificate for localhost. */
  tls?: boolean;
  /** Further lines of the configuration. */
  extra?: string;
}

/** An IMAP and LMTP server of this test only, on ports that the system chose. Any user, one password. */
export interface TestDovecot extends AsyncDisposable {
  imap: { host: string; port: number };
  imaps: { host: string; port: number };
  lmtp: { host: string; port: number };
  /** PEM of the self-signed certificate. */
  certificate: string;
  /** Everything it logged so far. */
  log(): string;
  /** The user's Maildir, where Dovecot keeps what it is given. */
  maildir(user: string): string;
  /** Hands one mail over by LMTP. @param raw with CRLF */
  deliver(user: string, raw: string | Uint8Array, from?: string): Promise<void>;
  /** Ends it, its connections with it. */
  stop(): Promise<void>;
  /** On the ports of before. @param options others than before */
  start(options?: DovecotOptions): Promise<void>;
}

export function startDovecot(options: DovecotOptions = {}): Promise<TestDovecot> {
  return onFreePorts(3, ([imap = 0, imaps = 0, lmtp = 0]) => startOn({ imap, imaps, lmtp }, options));
}

async function startOn(
  ports: { imap: number; imaps: number; lmtp: number },
  options: DovecotOptions,
): Promise<TestDovecot> {
  const { imap, imaps, lmtp } = ports;
  const directory = await temporaryDirectory();
  const root = directory.path;
  const owner = mailOwner();
  // Its processes run as several users, and all come through here.
  await chmod(root, 0o755);
  await mkdir(join(root, 'mail'));
  await chown(join(root, 'mail'), owner.uid, owner.gid);
  const year = 365 * 86_400_000;
  const { cert, key } = selfSigned({
    names: ['localhost', '127.0.0.1'],
    validFrom: Date.now() - year,
    validTo: Date.now() + year,
    random: systemRandom,
  });
  await writeFile(join(root, 'cert.pem'), cert);
  await writeFile(join(root, 'key.pem'), key);
  let given = options;
  let child: ChildProcess | undefined;
  let log = '';

  const start = async (changed: DovecotOptions = given): Promise<void> => {
    given = changed;
    const file = join(root, 'dovecot.conf');
    await writeFile(file, configuration(root, ports, owner, given));
    // The kernel ends it when this process is killed.
    const words = [PROGRAM, '-F', '-c', file];
    const tie = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig=TERM'] : [];
    const [program = '', ...args]: readonly string[] = [...tie, ...words];
    // A process group of its own: those who serve a connection outlive their master for a while.
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    started.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    child = started;
    const deadline = Date.now() + READY_WITHIN_MS;
    for (const port of [imap, lmtp]) {
      while (!(await answers(port))) {
        if (started.exitCode !== null || Date.now() > deadline)
          throw new Error(`Dovecot did not start:\n${log}`);
        await sleep(20);
      }
    }
  };
  const stop = async (): Promise<void> => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await exit;
  };
  const end = async (): Promise<void> => {
    await stop();
    await directory[Symbol.asyncDispose]();
  };
  await start().catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const maildir = (user: string): string => join(root, 'mail', user, 'Maildir');
  return {
    imap: { host: '127.0.0.1', port: imap },
    imaps: { host: 'localhost', port: imaps },
    lmtp: { host: '127.0.0.1', port: lmtp },
    certificate: cert,
    log: () => log,
    maildir,
    deliver: (user, raw, from = '') => deliver(lmtp, user, raw, from),
    start,
    stop,
    [Symbol.asyncDispose]: end,
  };
}

interface Owner {
  user: string;
  uid: number;
  gid: number;
  isRoot: boolean;
}

/** Who owns the mail: Dovecot serves no mail as root. */
function mailOwner(): Owner {
  const { username, uid, gid } = userInfo();
  if (uid !== 0) return { user: username, uid, gid, isRoot: false };
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((text) => text.split(':'))
    .find(([name]) => name === 'mail' || name === 'nobody');
  const [user = 'nobody', , mailUid, mailGid] = line ?? [];
  return { user, uid: Number(mailUid), gid: Number(mailGid), isRoot: true };
}

function configuration(
  root: string,
  ports: { imap: number; imaps: number; lmtp: number },
  owner: Owner,
  { tls = false, extra = '' }: DovecotOptions,
): string {
  const rootless = `
default_internal_user = ${owner.user}
default_login_user = ${owner.user}
default_internal_group =
service anvil {
  chroot =
}
service imap-login {
  chroot =
}`;
  return `
base_dir = ${root}/run
state_dir = ${root}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
instance_name = ${root}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
first_valid_uid = 1
mail_max_userip_connections = 100
mail_location = maildir:~/Maildir
maildir_copy_with_hardlinks = no
${
  tls
    ? `ssl = yes
ssl_cert = <${root}/cert.pem
ssl_key = <${root}/key.pem`
    : 'ssl = no'
}
passdb {
  driver = static
  args = password=${IMAP_PASSWORD}
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${root}/mail/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = subscribe
    special_use = \\Sent
  }
  mailbox Junk {
    auto = subscribe
    special_use = \\Junk
  }
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${tls ? ports.imaps : 0}
    ssl = yes
  }
}
# No waiting after a wrong password.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${ports.lmtp}
  }
}
${owner.isRoot ? '' : rootless}
${extra}
`;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The few words of RFC 2033 that it takes. */
async function deliver(port: number, user: string, raw: string | Uint8Array, from: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let seen = '';
  socket.on('data', (text: string) => (seen += text));
  const reply = async (code: string): Promise<void> => {
    while (!/^\d{3} .*\r\n/m.test(seen)) await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
    const text = seen;
    seen = '';
    if (!text.startsWith(code)) throw new Error(`LMTP answered ${text}`);
  };
  try {
    await reply('220');
    for (const line of ['LHLO test', `MAIL FROM:<${from}>`, `RCPT TO:<${user}>`]) {
      socket.write(`${line}\r\n`);
      await reply('250');
    }
    socket.write('DATA\r\n');
    await reply('354');
    const text = typeof raw === 'string' ? raw : Buffer.from(raw).toString('latin1');
    const stuffed = text.replaceAll(/^\./gm, '..');
    socket.write(`${stuffed}${stuffed.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
    await reply('250');
    socket.write('QUIT\r\n');
    await once(socket, 'close', { signal: AbortSignal.timeout(5_000) });
  } finally {
    socket.destroy();
  }
}
