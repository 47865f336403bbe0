import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountOf, BOB, openBench, type MailboxBench } from '../support/mailbox-bench.ts';
import { listMail, ordinaryMail, replyTo } from '../support/mailbox-mail.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ID = '<parcel-1@example.org>';
const FETCH_OF_TWO = /^UID FETCH (?:\S*,)?2(?:,\S*)? /;

test('one message that ends every connection does not hold up the others for ever', async () => {
  await using directory = await temporaryDirectory();
  const mails = [ordinaryMail(), ordinaryMail(), replyTo(ID)];
  await using server = await startScriptedImap(mails, (command, socket) => {
    if (FETCH_OF_TWO.test(command) || command.startsWith('UID FETCH 1:3 ')) socket.destroy();
    return undefined;
  });
  await using bench = await openBench(directory.path, { accounts: accountOf(server) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
  await eventually('the folder is watched', async () => isUp(bench));
  assert.equal(bench.mailboxes.states()[0]?.folders[0]?.counts.skipped, 1);
});

test('one message that the server cannot give does not hold up the others', async () => {
  await using directory = await temporaryDirectory();
  const mails = [ordinaryMail(), ordinaryMail(), replyTo(ID)];
  await using server = await startScriptedImap(mails, (command, socket) => {
    if (!FETCH_OF_TWO.test(command) && !command.startsWith('UID FETCH 1:3 ')) return undefined;
    socket.write('* 2 FETCH (UID 2 BODY[HEADER]<0> (((( \r\n');
    return undefined;
  });
  await using bench = await openBench(directory.path, { accounts: accountOf(server) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
});

test('a line or a literal without end does not fill the memory', async () => {
  await using directory = await temporaryDirectory();
  let floods = 0;
  await using server = await startScriptedImap([replyTo(ID)], (command, socket) => {
    if (!command.startsWith('UID FETCH')) return undefined;
    floods += 1;
    if (floods > 2) return undefined;
    socket.write(
      floods === 1 ? `* 1 FETCH (${'x'.repeat(6_000_000)}` : '* 1 FETCH (UID 1 BODY[] {999999999999}\r\n',
    );
    return undefined;
  });
  await using bench = await openBench(directory.path, { accounts: accountOf(server) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
  assert.equal(floods > 2, true);
});

test('only what reads is ever said to a server: EXAMINE, BODY.PEEK, no flags', async () => {
  await using directory = await temporaryDirectory();
  await using server = await startScriptedImap([ordinaryMail()], () => undefined);
  await using bench = await openBench(directory.path, { accounts: accountOf(server) });
  const delivery = await bench.sent(ID);
  bench.mailboxes.start();
  await eventually('the folder is watched', async () => isUp(bench));
  await eventually('the server is to tell news', async () => server.commands.includes('IDLE'));
  server.announce(replyTo(ID));
  await eventually('the reply was found', async () => (await bench.events(delivery)).includes('replied'));
  const words = server.commands.map((command) => command.replace(/^UID /, '').split(' ')[0]);
  const harmless = [
    'ID',
    'CAPABILITY',
    'AUTHENTICATE',
    'LOGIN',
    'NAMESPACE',
    'LIST',
    'LSUB',
    'EXAMINE',
    'SEARCH',
    'FETCH',
    'IDLE',
  ];
  assert.deepEqual(
    words.filter((word) => !harmless.includes(word ?? '')),
    [],
  );
  const fetches = server.commands.filter((command) => command.includes('FETCH'));
  assert.ok(
    fetches.length > 0 && fetches.every((command) => !/BODY\[|RFC822(?!\.SIZE)/.test(command)),
    fetches.join('\n'),
  );
});

function isUp({ mailboxes }: MailboxBench): boolean {
  return mailboxes.states().every(({ folders }) => folders.every((folder) => folder.isUp));
}

test('mail that comes through a list shows that mail to it has several readers; of other lists nothing is kept', async () => {
  await using directory = await temporaryDirectory();
  await using server = await startScriptedImap(
    [listMail(BOB), listMail('strangers@example.org')],
    () => undefined,
  );
  await using bench = await openBench(directory.path, { accounts: accountOf(server) });
  await bench.sent(ID);
  bench.mailboxes.start();
  const known = await eventually('the list is known', async () => {
    const rows = await bench.engine.db.selectFrom('shared_addresses').select('address').execute();
    return rows.length > 0 && isUp(bench) && rows;
  });
  assert.deepEqual(known, [{ address: BOB }]);
});
