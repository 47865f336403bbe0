import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PrivatePostfix {
  port: number;
  /** Of its master, which starts all others. */
  pid: number;
  stop(): Promise<void>;
}

/** A Postfix with queue and configuration of its own: one way in, all mail to the smarthost. Everything else is as shipped. */
export async function startPostfix(
  directory: string,
  ports: { listen: number; smarthost: number },
): Promise<PrivatePostfix> {
  const etc = join(directory, 'etc');
  await mkdir(etc, { recursive: true });
  for (const path of [directory, etc]) await chmod(path, 0o755);
  await writeFile(join(etc, 'main.cf'), mainCf(directory, ports.smarthost));
  await writeFile(join(etc, 'master.cf'), masterCf(ports.listen));
  await mkdir(join(directory, 'queue'), { recursive: true });
  await mkdir(join(directory, 'data'), { recursive: true });
  const passwd = await readFile('/etc/passwd', 'utf8');
  const [, , uid = '0', gid = '0'] = /^postfix:.*$/m.exec(passwd)?.[0].split(':') ?? [];
  await chown(join(directory, 'data'), Number(uid), Number(gid));
  await run('postfix', ['-c', etc, 'start']);
  // `start` returns before the listener is bound.
  await sleep(500);
  return {
    port: ports.listen,
    pid: Number(await readFile(join(directory, 'queue', 'pid', 'master.pid'), 'utf8')),
    stop: async () => {
      await run('postfix', ['-c', etc, 'stop']).catch(() => undefined);
    },
  };
}

function mainCf(directory: string, smarthost: number): string {
  return `
compatibility_level = 3.6
queue_directory = ${directory}/queue
data_directory = ${directory}/data
maillog_file = ${directory}/mail.log
maillog_file_prefixes = ${directory}
multi_instance_name = postfix-bench
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
local_transport = error:no local mail
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
relayhost = [127.0.0.1]:${smarthost}
message_size_limit = 26214400
`;
}

function masterCf(listen: number): string {
  const services = [
    `127.0.0.1:${listen} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
  ];
  return `${services.join('\n')}\n`;
}
