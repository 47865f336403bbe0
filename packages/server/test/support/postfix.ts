import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { PrivateServer } from './private-server.ts';

const run = promisify(execFile);

export interface PostfixConfiguration {
  /** Lines of main.cf, after those that make the instance a private one; they may hold `/etc/postfix/`. */
  main: string;
  /** Lines of master.cf: listeners and transports. */
  master: string;
  /** Files beside them, by name. */
  files?: Record<string, string>;
  /** Of these files, the look-up tables that need `postmap`. */
  maps?: readonly string[];
}

export interface TestPostfix {
  ports: readonly number[];
  log(): string;
  /** `postqueue` and its like on this instance. @returns what it wrote */
  command(program: 'postqueue' | 'postsuper', ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a real Postfix with a queue of its own, without name service and without local users.
 * @param portCount how many listeners `master` has; the first is waited for
 */
export async function startPostfix(
  t: TestContext,
  portCount: number,
  configure: (ports: readonly number[]) => PostfixConfiguration,
): Promise<TestPostfix> {
  let ports: readonly number[] = [];
  let home = '';
  const server = await PrivateServer.start(t, portCount, async (directory, free) => {
    [ports, home] = [free, join(directory, 'etc')];
    const { main, master, files = {}, maps = [] } = configure(ports);
    await mkdir(home);
    await makeQueue(directory);
    const all = {
      'main.cf': BASE_MAIN(directory) + main.replaceAll('/etc/postfix/', `${home}/`),
      'master.cf': BASE_MASTER + master,
      ...files,
    };
    for (const [name, text] of Object.entries(all)) {
      await writeFile(join(home, name), text);
      // Postfix waits for two seconds with a file that was written just now: it may be incomplete.
      await utimes(join(home, name), 0, 0);
    }
    for (const name of maps) await run('/usr/sbin/postmap', ['-c', home, `hash:${join(home, name)}`]);
    return {
      name: 'Postfix',
      program: '/usr/lib/postfix/sbin/master',
      args: ['-d', '-c', home],
      port: ports[0] ?? 0,
      logFiles: [join(directory, 'postfix.log')],
    };
  });
  return {
    ports,
    log: () => server.log(),
    command: async (program, ...args) => (await run(`/usr/sbin/${program}`, ['-c', home, ...args])).stdout,
    stop: () => server.stop(),
  };
}

/** As `postfix check` would, which takes two seconds. */
async function makeQueue(directory: string): Promise<void> {
  const user = await idIn('passwd', 'postfix');
  const group = await idIn('group', 'postdrop');
  const folders: [name: string, mode: number, owner: number, group: number][] = [
    ['queue', 0o755, 0, 0],
    ['queue/pid', 0o755, 0, 0],
    ['queue/public', 0o710, user, group],
    ['queue/maildrop', 0o730, user, group],
    ...QUEUES.map((name): [string, number, number, number] => [`queue/${name}`, 0o700, user, 0]),
    ['data', 0o700, user, 0],
  ];
  for (const [name, mode, owner, ownerGroup] of folders) {
    const folder = join(directory, name);
    await mkdir(folder);
    await chown(folder, owner, ownerGroup);
    await chmod(folder, mode);
  }
}

const QUEUES = 'active bounce corrupt defer deferred flush hold incoming private saved trace'.split(' ');

async function idIn(file: 'passwd' | 'group', name: string): Promise<number> {
  const lines = (await readFile(`/etc/${file}`, 'utf8')).split('\n').map((line) => line.split(':'));
  return Number(lines.find(([entry]) => entry === name)?.[2]);
}

const BASE_MAIN = (directory: string): string => `
compatibility_level = 3.6
queue_directory = ${directory}/queue
data_directory = ${directory}/data
maillog_file = ${directory}/postfix.log
maillog_file_prefixes = ${directory}
alternate_config_directories =
multi_instance_directories =
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtputf8_enable = yes
biff = no
smtpd_error_sleep_time = 0
enable_long_queue_ids = yes
minimal_backoff_time = 5s
maximal_backoff_time = 5s
queue_run_delay = 5s
`;

/** What Postfix itself consists of, outside of any chroot. */
const BASE_MASTER = `
pickup     unix n - n 1     1 pickup
cleanup    unix n - n -     0 cleanup
qmgr       unix n - n 300   1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n -     - trivial-rewrite
bounce     unix - - n -     0 bounce
defer      unix - - n -     0 bounce
trace      unix - - n -     0 bounce
verify     unix - - n -     1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n -     - proxymap
proxywrite unix - - n -     1 proxymap
smtp       unix - - n -     - smtp
relay      unix - - n -     - smtp
showq      unix n - n -     - showq
error      unix - - n -     - error
retry      unix - - n -     - error
discard    unix - - n -     - discard
lmtp       unix - - n -     - lmtp
anvil      unix - - n -     1 anvil
scache     unix - - n -     1 scache
postlog    unix-dgram n - n - 1 postlogd
`;
