import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docSnippet } from '../support/doc-snippets.ts';
import { startExim } from '../support/exim.ts';
import { mailServersMissing } from '../support/mail-server-programs.ts';
import { startOpenSmtpd } from '../support/opensmtpd.ts';
import { startPostfix } from '../support/postfix.ts';
import { PASSWORD, timelines, USER } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { startWaybill, type Waybill } from './waybill.ts';

const CREDENTIAL = { USER, PASSWORD };

interface Server {
  host: string;
  port: number;
}

test('Postfix sends all its mail through Waybill', { skip: mailServersMissing('Postfix') }, async (t) => {
  const waybill = await startWaybill(t);
  const { port } = waybill.relay.submission;
  const { ports } = await startPostfix(t, 1, ([own]) => ({
    main: docSnippet('postfix', 'main.cf', { 2587: port }),
    master: `127.0.0.1:${own} inet n - n - - smtpd\n`,
    files: { waybill_password: docSnippet('postfix', 'waybill_password', { 2587: port, ...CREDENTIAL }) },
    maps: ['waybill_password'],
  }));
  await isTracked(waybill, { host: '127.0.0.1', port: ports[0] ?? 0 });
});

test(
  'Postfix sends the mail of one domain through Waybill',
  { skip: mailServersMissing('Postfix') },
  async (t) => {
    const waybill = await startWaybill(t);
    const { port } = waybill.relay.submission;
    const { ports } = await startPostfix(t, 1, ([own]) => ({
      main: [
        docSnippet('postfix', 'main.cf: one domain', { 2587: port }),
        `relayhost = [127.0.0.1]:${waybill.world.port}\n`,
      ].join(''),
      master: `127.0.0.1:${own} inet n - n - - smtpd\n`,
      files: {
        waybill_password: docSnippet('postfix', 'waybill_password', { 2587: port, ...CREDENTIAL }),
        waybill_senders: docSnippet('postfix', 'waybill_senders', { 2587: port }),
      },
      maps: ['waybill_password', 'waybill_senders'],
    }));
    const postfix = { host: '127.0.0.1', port: ports[0] ?? 0 };
    await isTracked(waybill, postfix);
    await send(postfix, 'MAIL FROM:<eve@elsewhere.example>', ['RCPT TO:<ann@example.net>']);
    const [, , other] = await eventually('it goes its own way', async () => {
      const { mails } = waybill.world;
      return mails.length === 3 && mails;
    });
    assert.ok(other?.raw.endsWith(MAIL), 'the mail of another domain goes past Waybill');
  },
);

test('Exim sends through Waybill', { skip: mailServersMissing('Exim') }, async (t) => {
  const waybill = await startWaybill(t);
  const exim = await startExim(
    t,
    {
      routers: docSnippet('exim', 'routers', { 2587: waybill.relay.submission.port }),
      transports: docSnippet('exim', 'transports'),
      authenticators: docSnippet('exim', 'authenticators'),
    },
    { waybill_user: USER, waybill_password: PASSWORD },
  );
  await isTracked(waybill, exim);
});

test('OpenSMTPD sends through Waybill', { skip: mailServersMissing('OpenSMTPD') }, async (t) => {
  const waybill = await startWaybill(t);
  const server = await startOpenSmtpd(
    t,
    docSnippet('opensmtpd', 'smtpd.conf', { 2587: waybill.relay.submission.port }),
    { waybill_secrets: docSnippet('opensmtpd', 'waybill_secrets', CREDENTIAL) },
  );
  await isTracked(waybill, server);
});

const MAIL = [
  'From: Sam <sam@example.org>',
  'To: ann@example.net, bob@example.net',
  'Subject: The offer',
  'Message-ID: <offer@example.org>',
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<html><body><p>Hello</p></body></html>',
  '',
].join('\r\n');

/** A mail to two people, given to the server, arrives as two tracked copies of one message. */
async function isTracked({ relay, world }: Waybill, server: Server): Promise<void> {
  await send(
    server,
    'MAIL FROM:<sam@example.org> RET=HDRS ENVID=env+2B1',
    ['ann', 'bob'].map((name) => `RCPT TO:<${name}@example.net> NOTIFY=SUCCESS,FAILURE`),
  );
  await eventually('both copies arrive', async () => world.mails.length === 2);
  for (const { raw, from, to, parameters } of world.mails) {
    assert.equal(from, 'sam@example.org');
    assert.match(raw, /https:\/\/track\.example\.org\/o\//, `the copy of ${to.join()}`);
    const { mail, rcpt } = parameters as { mail: Record<string, string>; rcpt: Record<string, string>[] };
    assert.deepEqual([mail['RET'], mail['ENVID']], ['HDRS', 'env+1']);
    assert.deepEqual(rcpt[0]?.['NOTIFY']?.split(',').sort(), ['FAILURE', 'SUCCESS']);
  }
  const rows = await timelines(relay.engine);
  assert.deepEqual(
    rows.map(({ recipient }) => recipient),
    ['ann@example.net', 'bob@example.net'],
  );
  const { count } = await relay.engine.db
    .selectFrom('messages')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  assert.equal(count, 1, 'both recipients came in one transaction');
}

async function send(server: Server, from: string, recipients: readonly string[]): Promise<void> {
  const client = await SmtpDialogue.open(server);
  try {
    await client.command('EHLO client.example.org');
    for (const line of [from, ...recipients]) assert.match(await client.command(line), /^250/, line);
    assert.match(await client.command('DATA'), /^354/);
    client.write(`${MAIL}.\r\n`);
    assert.match(await client.reply(), /^250/);
  } finally {
    client.close();
  }
}
