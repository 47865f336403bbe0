import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makePrivateRoot } from './private-root.ts';
import { PrivateServer } from './private-server.ts';

const PROGRAMS = ['/usr/sbin/smtpd', '/usr/sbin/smtpctl'];
const USER = 'opensmtpd';
const QUEUE_USER = 'opensmtpq';

/**
 * Starts a real OpenSMTPD that listens on loopback.
 * @param configuration of smtpd.conf, besides its listener
 * @param files beside it, by path below `/etc`
 */
export async function startOpenSmtpd(
  t: TestContext,
  configuration: string,
  files: Record<string, string> = {},
): Promise<{ host: string; port: number }> {
  let port = 0;
  await PrivateServer.start(t, 1, async (directory, [free = 0]) => {
    port = free;
    const ids = await makePrivateRoot(directory, 'opensmtpd', PROGRAMS, [USER, QUEUE_USER]);
    const { [USER]: user = 0, [QUEUE_USER]: queueUser = 0 } = ids;
    await mkdir(join(directory, 'var/lib/opensmtpd/empty'), { recursive: true });
    await makeSpool(join(directory, 'var/spool/smtpd'), queueUser);
    const all = { ...files, 'smtpd.conf': `listen on 127.0.0.1 port ${port}\n${configuration}` };
    for (const [name, text] of Object.entries(all)) {
      const file = join(directory, 'etc', name);
      await writeFile(file, text, { mode: 0o640 });
      await chown(file, 0, user);
    }
    // In the foreground, with its log on standard error.
    return { name: 'OpenSMTPD', isRoot: true, program: '/usr/sbin/smtpd', args: ['-d'], port };
  });
  return { host: '127.0.0.1', port };
}

/** With the owners and modes that the server insists on. */
async function makeSpool(spool: string, queueUser: number): Promise<void> {
  const folders: [string, number, number, number][] = [
    ['', 0, 0, 0o711],
    ['offline', 0, queueUser, 0o770],
    ...['purge', 'temporary', 'incoming', 'queue', 'corrupt'].map(
      (name): [string, number, number, number] => [name, queueUser, 0, 0o700],
    ),
  ];
  for (const [name, owner, group, mode] of folders) {
    await mkdir(join(spool, name), { recursive: true });
    await chown(join(spool, name), owner, group);
    await chmod(join(spool, name), mode);
  }
}
