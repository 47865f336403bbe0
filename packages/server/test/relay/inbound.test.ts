import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CreateMessage, DeliveryDetail } from '@waybill/sdk';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { startSmarthost, type SmarthostMail, type TestSmarthost } from '../support/smarthost.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/**
 * A server whose mail goes out through a smarthost of the test with return paths of its own, and whatever a mail system
 * or reader answers comes back by the inbound listener.
 */
const BEN = 'ben@reader.example';
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let smarthost: TestSmarthost;
let server: RunningServer;

before(async () => {
  directory = await temporaryDirectory();
  smarthost = await startSmarthost();
  server = await startServer(directory.path, {
    WAYBILL_SMARTHOST_URL: smarthost.url,
    WAYBILL_PUBLIC_URL: 'https://track.example.org',
    WAYBILL_VERP_DOMAIN: 'bounces.sender.example',
    WAYBILL_INBOUND_LISTEN: '127.0.0.1:0',
    WAYBILL_RECEIPTS: 'reading,delivery',
  });
});
after(async () => {
  await server?.stop();
  await smarthost?.close();
  await directory?.[Symbol.asyncDispose]();
});

let subjects = 0;

/** Sends a mail. @returns it as it reached the next server */
async function send({ headers = {}, policy = {} }: Partial<CreateMessage> = {}): Promise<
  SmarthostMail & { number: string }
> {
  const subject = `The parcel ${(subjects += 1)}`;
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'Ada <ada@sender.example>',
      to: [BEN],
      subject,
      html: '<p>It is on its way.</p>',
      headers,
      policy,
      send: true,
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { deliveries } = (await answer.json()) as { deliveries: { trackingNumber: string }[] };
  const mail = await eventually('the mail at the smarthost', async () =>
    smarthost.mails.find(({ raw }) => raw.includes(subject)),
  );
  const number = deliveries[0]?.trackingNumber ?? '';
  await delivery(number, ({ events }) => events.some(({ type }) => type === 'relayed'));
  return { ...mail, number };
}

function delivery(number: string, done: (detail: DeliveryDetail) => boolean): Promise<DeliveryDetail> {
  return eventually(`the delivery as expected`, async () => {
    const answer = await server.api(`/api/v1/deliveries/${number}`);
    const detail = (await answer.json()) as DeliveryDetail;
    return done(detail) && detail;
  });
}

/** One session. @returns all replies, from EHLO on */
async function hand(raw: string, to: string, from = ''): Promise<string[]> {
  const client = await SmtpDialogue.open(server.inbound ?? { host: '', port: 0 });
  try {
    const replies = [await client.command('EHLO mx.reader.example')];
    for (const line of [`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']) {
      const reply = await client.command(line);
      replies.push(reply);
      if (!/^[23]/.test(reply)) return replies;
    }
    client.write(`${raw.replaceAll(/\r?\n/g, '\r\n').replaceAll(/^\./gm, '..')}\r\n.\r\n`);
    replies.push(await client.reply());
    return replies;
  } finally {
    client.close();
  }
}

const messageIdOf = (raw: string): string => /^message-id: *(<[^>]+>)/im.exec(raw)?.[1] ?? '';

let reports = 0;
function report(type: string, fields: string, original: string, head = ''): string {
  return `From: Mail System <mailer-daemon@reader.example>
To: undisclosed
Subject: About your mail
Date: Mon, 23 Nov 2026 12:01:00 +0000
Message-ID: <report-${(reports += 1)}@reader.example>
${head}MIME-Version: 1.0
Content-Type: multipart/report; report-type=${type}; boundary="b"

--b
Content-Type: text/plain

About your mail.

--b
Content-Type: message/${type}

${fields}

--b
Content-Type: text/rfc822-headers

Message-ID: ${original}
Subject: The parcel

--b--
`;
}

const dsn = (action: string, status: string, more = ''): string =>
  report(
    'delivery-status',
    `Reporting-MTA: dns; mx.reader.example\n\nFinal-Recipient: rfc822; ${BEN}\nAction: ${action}\nStatus: ${status}\n${more}`,
    '<unknown@way>',
  );

const forwarded = (count: number) =>
  eventually('what is passed on to the sender', async () => {
    const mails = smarthost.mails.filter(({ to }) => to.includes('ada@sender.example'));
    return mails.length >= count && mails;
  });

test('a mail goes out with a return path and an envelope id of its own, and asks for receipts', async () => {
  const { from, raw, parameters } = await send();
  assert.match(from, /^wb\+[a-z2-7]{60}@bounces\.sender\.example$/);
  assert.ok(raw.startsWith(`Disposition-Notification-To: <${from}>\r\n`));
  const { dsn: asked } = parameters as { dsn: { envid: string } };
  assert.match(asked.envid, /^[a-z2-7]{60}$/);
  assert.match(JSON.stringify(parameters.rcpt), /SUCCESS/);

  const quiet = await send({ policy: { receipts: {} } });
  assert.doesNotMatch(quiet.raw, /disposition-notification-to/i);
  assert.doesNotMatch(JSON.stringify(quiet.parameters.rcpt), /NOTIFY/);
  const own = await send({ headers: { 'Disposition-Notification-To': 'ada@sender.example' } });
  assert.equal(own.raw.match(/^disposition-notification-to/gim)?.length, 1);
});

test('delivered, receipt, answer by a program and answer by a person come onto the timeline', async () => {
  const { from, number, raw } = await send();
  const ok = await hand(dsn('delivered', '2.0.0'), from);
  assert.match(ok.at(-1) ?? '', /^250 /);
  await delivery(number, ({ verdict }) => verdict.state === 'delivered');

  const mdn = `Final-Recipient: rfc822; ${BEN}\nOriginal-Message-ID: ${messageIdOf(raw)}\nDisposition: manual-action/MDN-sent-manually; displayed`;
  await hand(report('disposition-notification', mdn, messageIdOf(raw)), from, BEN);
  const read = await delivery(number, ({ verdict }) => verdict.state === 'probably-read');
  assert.ok(read.verdict.reasons.some(({ text }) => text.includes('A receipt says so')));

  const answer = (more: string): string =>
    `From: ${BEN}\nTo: ada@sender.example\nSubject: Re: The parcel\nDate: Mon, 23 Nov 2026 13:00:00 +0000\nIn-Reply-To: ${messageIdOf(raw)}\nMessage-ID: <a${(reports += 1)}@reader.example>\n${more}\nThank you.\n`;
  await hand(answer('Auto-Submitted: auto-replied\n'), from);
  await delivery(number, ({ events, verdict }) => {
    return verdict.state === 'probably-read' && events.some(({ type }) => type === 'auto-replied');
  });
  await hand(answer(''), from, BEN);
  const { events } = await delivery(number, ({ verdict }) => verdict.state === 'replied');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['accepted', 'relayed', 'delivered', 'receipt', 'auto-replied', 'replied'],
  );
});

test('a bounce counts once, and its sender gets it, with nowhere to come back to', async () => {
  const { from, number } = await send();
  const earlier = smarthost.mails.filter(({ to }) => to.includes('ada@sender.example')).length;
  const raw = dsn('failed', '5.2.2', 'Diagnostic-Code: smtp; 552 5.2.2 Mailbox full');
  await hand(raw, from);
  // The other side did not hear our answer.
  await hand(raw, from.toUpperCase());
  const { verdict, events } = await delivery(number, (detail) => detail.verdict.state === 'bounced');
  assert.ok(verdict.reasons.some(({ code }) => code === 'bounced-mailbox-full'));
  assert.equal(events.filter(({ type }) => type === 'bounced').length, 1);
  const mails = await forwarded(earlier + 1);
  const last = mails.at(-1);
  assert.equal(last?.from, '');
  assert.match(last?.raw ?? '', /^Delivered-To: wb\+/);
  assert.match(last?.raw ?? '', /552 5\.2\.2 Mailbox full/);
  // What was passed on and finds its way back here goes round.
  const again = await hand(last?.raw ?? '', from);
  assert.match(again.at(-1) ?? '', /^554 5\.4\.6/);
});

test('only signed addresses of the return path domain are taken, from anybody, and nothing is relayed', async () => {
  const { from } = await send();
  const [local = ''] = from.split('@');
  const forged = `${local.slice(0, -2)}${local.endsWith('aa') ? 'bb' : 'aa'}`;
  for (const to of [
    'ada@sender.example',
    'postmaster@bounces.sender.example',
    `${forged}@bounces.sender.example`,
    `${local}@elsewhere.example`,
    `${local}%elsewhere.example@bounces.sender.example`,
    'wb+@bounces.sender.example',
  ]) {
    const replies = await hand('Subject: a\n\nb', to, 'stranger@elsewhere.example');
    assert.match(replies.at(-1) ?? '', /^550 5\.1\.1/, to);
  }
  const [greeting = ''] = await hand('x', from);
  assert.doesNotMatch(greeting, /AUTH/);
  assert.match(greeting, /STARTTLS/);
});

test('STARTTLS is there for those who want it, and nobody can sign in', async () => {
  const { from } = await send();
  const client = await SmtpDialogue.open(server.inbound ?? { host: '', port: 0 });
  await client.command('EHLO mx.reader.example');
  assert.match(await client.command('STARTTLS'), /^220/);
  await client.upgrade();
  assert.doesNotMatch(await client.command('EHLO mx.reader.example'), /AUTH|STARTTLS/);
  assert.match(await client.command('AUTH PLAIN AGEAYg=='), /^5/);
  await client.command('MAIL FROM:<>');
  assert.match(await client.command(`RCPT TO:<${from}>`), /^250/);
  client.close();
});

test('bare line ends and NUL are refused', async () => {
  const { from } = await send();
  for (const body of ['a\nb', 'a\rb', 'a\0b', 'a\n.\nb']) {
    const client = await SmtpDialogue.open(server.inbound ?? { host: '', port: 0 });
    for (const line of ['EHLO x', 'MAIL FROM:<>', `RCPT TO:<${from}>`, 'DATA']) await client.command(line);
    client.write(`Subject: a\r\n\r\n${body}\r\n.\r\n`);
    assert.match(await client.reply(), /^550 /);
    client.close();
  }
});
