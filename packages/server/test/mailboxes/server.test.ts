import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreatedMessage, DeliveryDetail } from '@waybill/sdk';
import { ImapFlow } from 'imapflow';
import { IMAP_PASSWORD, noDovecot, startDovecot, type TestDovecot } from '../support/dovecot.ts';
import { accountOf, ANN, BOB } from '../support/mailbox-bench.ts';
import { ordinaryMail, replyTo } from '../support/mailbox-mail.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { startSmarthost, type TestSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const skip = noDovecot;

test(
  'a mail goes out with a pixel, its copy in Sent has none, and its reply is on the timeline',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    const smarthost = await startSmarthost();
    const server = await start(directory.path, dovecot, smarthost);
    try {
      const { trackingNumber } = await send(server, 'The parcel');
      const sent = await eventually('the mail is out', async () => smarthost.mails[0]);
      const [copy] = await eventually('the copy is in Sent', async () => {
        const copies = await sources(dovecot, 'Sent');
        return copies.length > 0 && copies;
      });
      assert.match(sent.raw, /https:\/\/track\.example\.org\/o\//);
      assert.ok(!copy?.includes('track.example.org'), 'nothing of ours is in the copy');
      assert.match(copy ?? '', /^Bcc: cleo@example\.com\r\n/m);
      assert.match(copy ?? '', /<p>Hello <a href="https:\/\/example\.com\/">there<\/a><\/p>/);

      const [id = ''] = /<[^<>]+@example\.org>/.exec(/^Message-ID: .*$/im.exec(sent.raw)?.[0] ?? '') ?? [];
      await dovecot.deliver(ANN, replyTo(id), BOB);
      const delivery = await eventually('the reply is told', async () => {
        const detail = await read(server, trackingNumber);
        return detail.verdict.state === 'replied' && detail;
      });
      assert.ok(delivery.events.some(({ type }) => type === 'replied'));
      const metrics = await (await server.api('/metrics')).text();
      assert.match(metrics, /^waybill_mailbox_up\{account="1",folder="INBOX"\} 1$/m);
      assert.match(metrics, /^waybill_sent_copies\{state="appended"\} 1$/m);
    } finally {
      await server.stop();
      await smarthost.close();
    }
  },
);

test('killed again and again while replies come in, each is on its timeline once', { skip }, async () => {
  await using directory = await temporaryDirectory();
  await using dovecot = await startDovecot();
  const smarthost = await startSmarthost();
  let server = await start(directory.path, dovecot, smarthost);
  try {
    const numbers: string[] = [];
    for (let n = 0; n < 20; n += 1) numbers.push((await send(server, `Parcel ${n}`)).trackingNumber);
    await eventually('all are out', async () => smarthost.mails.length === 40);
    const ids = smarthost.mails
      .filter(({ to }) => to.includes(BOB))
      .map(({ raw }) => /^Message-ID: (<[^<>]+>)/im.exec(raw)?.[1] ?? '');
    for (const [index, id] of ids.entries()) {
      await dovecot.deliver(ANN, replyTo(id), BOB);
      await dovecot.deliver(ANN, ordinaryMail(), BOB);
      if (index % 7 !== 6) continue;
      await server.kill();
      server = await start(directory.path, dovecot, smarthost);
    }
    for (const number of numbers) {
      const detail = await eventually(`the reply to ${number}`, async () => {
        const found = await read(server, number);
        return found.events.some(({ type }) => type === 'replied') && found;
      });
      assert.equal(detail.events.filter(({ type }) => type === 'replied').length, 1);
    }
    await eventually('all copies are in Sent', async () => (await sources(dovecot, 'Sent')).length >= 20);
    assert.equal((await sources(dovecot, 'Sent')).length, 20, 'each once');
  } finally {
    await server.stop();
    await smarthost.close();
  }
});

test(
  'a mailbox that cannot be used is told in the log, and the server is ready all the same',
  { skip },
  async () => {
    await using directory = await temporaryDirectory();
    await using dovecot = await startDovecot();
    const server = await startServer(directory.path, {
      WAYBILL_IMAP_ACCOUNTS: accountOf(dovecot).replace(':pass@', ':wrong@'),
    });
    try {
      await eventually('the log tells it', async () => /does not accept the user name/.test(server.stderr()));
      assert.equal(server.stderr().match(/does not accept/g)?.length, 1);
      assert.ok(!/wrong@|ann@example|ann%40example/.test(server.stderr()), 'no address and no password');
      assert.equal((await server.api('/readyz')).status, 200);
      const metrics = await (await server.api('/metrics')).text();
      assert.match(metrics, /^waybill_mailbox_refused_sign_ins\{account="1"\} 1$/m);
    } finally {
      await server.stop();
    }
  },
);

function start(directory: string, dovecot: TestDovecot, smarthost: TestSmarthost): Promise<RunningServer> {
  return startServer(directory, {
    WAYBILL_IMAP_ACCOUNTS: accountOf(dovecot, 'sent=auto'),
    WAYBILL_PUBLIC_URL: 'https://track.example.org',
    WAYBILL_SMARTHOST_URL: smarthost.url,
  });
}

async function send(server: RunningServer, subject: string): Promise<{ trackingNumber: string }> {
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: `Ann <${ANN}>`,
      to: [BOB],
      bcc: ['cleo@example.com'],
      subject,
      html: '<p>Hello <a href="https://example.com/">there</a></p>',
      send: true,
    }),
  });
  assert.equal(answer.status, 201);
  const { deliveries } = (await answer.json()) as CreatedMessage;
  const delivery = deliveries.find(({ recipient }) => recipient === BOB);
  assert.ok(delivery);
  return delivery;
}

async function read(server: RunningServer, number: string): Promise<DeliveryDetail> {
  return (await (await server.api(`/api/v1/deliveries/${number}`)).json()) as DeliveryDetail;
}

async function sources({ imap }: TestDovecot, folder: string): Promise<string[]> {
  const auth = { user: ANN, pass: IMAP_PASSWORD };
  const client = new ImapFlow({ ...imap, secure: false, auth, logger: false });
  await client.connect();
  const { exists } = await client.mailboxOpen(folder, { readOnly: true });
  const messages = exists === 0 ? [] : await client.fetchAll('1:*', { source: true });
  await client.logout();
  return messages.map(({ source }) => (source ?? Buffer.alloc(0)).toString('latin1'));
}
