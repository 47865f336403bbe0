import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makePrivateRoot } from './private-root.ts';
import { PrivateServer } from './private-server.ts';

const PROGRAM = '/usr/sbin/exim4';
const USER = 'Debian-exim';
const LOGS = ['mainlog', 'rejectlog', 'paniclog'];

/** Parts of the configuration, each the text of one section without its `begin`. */
export interface EximSections {
  routers: string;
  transports: string;
  authenticators: string;
}

/** Starts a real Exim that takes mail from this machine and gives it to the routers. @returns its SMTP listener */
export async function startExim(
  t: TestContext,
  sections: EximSections,
  files: Record<string, string> = {},
): Promise<{ host: string; port: number }> {
  let port = 0;
  await PrivateServer.start(t, 1, async (directory, [free = 0]) => {
    port = free;
    const { [USER]: id = 0 } = await makePrivateRoot(directory, 'exim4-daemon-light', [PROGRAM], [USER]);
    for (const folder of ['spool/exim4', 'log/exim4']) {
      await mkdir(join(directory, 'var', folder), { recursive: true });
      await chown(join(directory, 'var', folder), id, id);
    }
    await mkdir(join(directory, 'etc', 'exim4'), { recursive: true });
    for (const [name, text] of Object.entries({ ...files, 'exim4.conf': configuration(port, sections) })) {
      const file = join(directory, 'etc', 'exim4', name);
      await writeFile(file, text, { mode: 0o640 });
      await chown(file, 0, id);
    }
    return {
      name: 'Exim',
      isRoot: true,
      program: PROGRAM,
      args: ['-bdf', '-q30s'],
      port,
      logFiles: LOGS.map((name) => join(directory, 'var', 'log', 'exim4', name)),
    };
  });
  return { host: '127.0.0.1', port };
}

const configuration = (port: number, { routers, transports, authenticators }: EximSections): string => `
primary_hostname = mail.example.org
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
tls_advertise_hosts =
host_lookup =
keep_environment =
domainlist local_domains = localhost
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
acl_smtp_rcpt = from_here
acl_smtp_data = from_here

begin acl
from_here:
  accept hosts = 127.0.0.1

begin routers
${routers}

begin transports
${transports}

begin retry
* * F,1h,1m

begin authenticators
${authenticators}
`;
