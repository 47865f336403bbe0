import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkMailbox, readMailboxAccounts, type MailboxCheck } from '../../src/mailboxes/mailboxes.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/ids.ts';
import { noDovecot, startDovecot, type TestDovecot } from '../support/dovecot.ts';
import { accountOf, openBench } from '../support/mailbox-bench.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const skip = noDovecot;

test('a wrong password is tried once for all folders, then rarely, and told in words', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  const accounts = accountOf(dovecot, 'watch=INBOX,Junk&sent=auto').replace(':pass@', ':wrong@');
  await using bench = await openBench(directory.path, { accounts });
  await bench.sentCopy('<1@example.org>', Buffer.from('From: ann@example.org\r\n\r\nHello\r\n'));
  bench.mailboxes.start();
  const state = await eventually('all have learnt of it', async () => {
    const [first] = bench.mailboxes.states();
    const isKnown = first?.folders.every(({ trouble }) => trouble !== undefined);
    return isKnown === true && first?.sentTrouble !== undefined && first;
  });
  assert.deepEqual([...new Set(state.folders.map(({ trouble }) => trouble?.kind))], ['sign-in']);
  assert.match(state.sentTrouble?.text ?? '', /does not accept the user name and password/);
  await sleep(500);
  assert.equal(bench.mailboxes.states()[0]?.refusals, 1);
  assert.equal(dovecot.log().match(/auth failed, 1 attempts/g)?.length, 1);
});

test(
  'a certificate that nobody vouches for is refused, and taken when that is asked for',
  { skip },
  async () => {
    await using dovecot = await startDovecot({ tls: true });
    const refused = await check(`imaps://ann%40example.org:pass@localhost:${dovecot.imaps.port}/`);
    assert.match(refused.problem ?? '', /certificate of localhost is not trusted: it is self-signed/);
    assert.match(refused.problem ?? '', /NODE_EXTRA_CA_CERTS; tls=require/);
    const starttls = await check(`${accountOf(dovecot)}?tls=verify`);
    assert.match(starttls.problem ?? '', /is not trusted/);
    assert.ok(!dovecot.log().includes('Login:'), 'the password was not said');
    const taken = await check(`imaps://ann%40example.org:pass@localhost:${dovecot.imaps.port}/?tls=require`);
    assert.equal(taken.problem, undefined);
    assert.ok(taken.isEncrypted);
  },
);

test('STARTTLS is used where it is offered, and its absence is told', { skip }, async () => {
  await using dovecot = await startDovecot({ tls: true });
  assert.ok((await check(accountOf(dovecot))).isEncrypted);
  assert.equal((await check(`${accountOf(dovecot)}?tls=off`)).isEncrypted, false);
  await dovecot.stop();
  await dovecot.start({ tls: false });
  assert.equal((await check(accountOf(dovecot))).isEncrypted, false);
  const { problem } = await check(`${accountOf(dovecot)}?tls=require`);
  assert.match(problem ?? '', /does not offer STARTTLS on port \d+; try imaps:/);
});

test('a check names every folder with what is wrong with it', { skip }, async () => {
  await using dovecot = await startDovecot();
  const good = await check(accountOf(dovecot, 'watch=INBOX&sent=auto'));
  assert.deepEqual(good.folders, [{ name: 'INBOX', messages: 0 }]);
  assert.deepEqual(good.sent, { folder: 'Sent' });
  assert.equal(good.hasIdle, true);
  const bad = await check(accountOf(dovecot, 'watch=INBOX,Nowhere&sent=Gesendet'));
  assert.deepEqual(bad.folders[1], { name: 'Nowhere', problem: 'There is no folder "Nowhere".' });
  assert.deepEqual(bad.sent, { problem: 'There is no folder "Gesendet".' });
  await dovecot.stop();
  assert.match((await check(accountOf(dovecot))).problem ?? '', /cannot be reached: nothing listens there/);
});

test(
  'a server that says nothing is left at the end of Waybill, without waiting for it',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    const silent = await silentServer(dovecot);
    try {
      const bench = await openBench(directory.path, { accounts: accountOf({ imap: silent }, 'sent=auto') });
      bench.mailboxes.start();
      await sleep(200);
      const before = performance.now();
      await bench.close();
      assert.ok(performance.now() - before < 5_000);
    } finally {
      silent.close();
    }
  },
);

async function check(account: string): Promise<MailboxCheck> {
  const [first] = readMailboxAccounts(account);
  assert.ok(first);
  return checkMailbox(first, { clock: systemClock, random: systemRandom });
}

async function silentServer({
  imap,
}: TestDovecot): Promise<{ host: string; port: number; close: () => void }> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, imap.host);
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => void sockets.add(socket.on('error', () => {})));
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { host: imap.host, port, close };
}
