import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import { selfSigned } from '../../src/relay/self-signed.ts';
import { systemRandom } from '../../src/kernel/ids.ts';
import { readTrackedUrl } from '../../src/tracking/tracking.ts';
import {
  KEYRING,
  PASSWORD,
  startTestRelay,
  submit,
  timelines,
  USER,
  type TestRelay,
} from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { COMES_BACK, startSmarthost, type TestSmarthost } from '../support/smarthost.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const PUBLIC_URL = 'https://track.example.org';
const HTML =
  '<html><body><p>Hello, see <a href="https://example.org/offer?a=1&amp;b=2#part">the offer</a>.</p></body></html>';

/** One relay with a smarthost behind it; both end with the test. */
async function withSmarthost(
  run: (smarthost: TestSmarthost, relay: TestRelay, directory: string) => Promise<void>,
  options: Parameters<typeof startTestRelay>[1] & { smarthost?: Parameters<typeof startSmarthost>[0] } = {},
): Promise<void> {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost(options.smarthost);
  const relay = await startTestRelay(directory.path, {
    ...options,
    settings: { publicUrl: PUBLIC_URL, smarthostUrl: smarthost.url, ...options.settings },
  });
  try {
    await run(smarthost, relay, directory.path);
  } finally {
    await relay.close();
    await smarthost.close();
  }
}

function mailProgram({ submission }: TestRelay) {
  return nodemailer.createTransport({
    ...submission,
    secure: false,
    auth: { user: USER, pass: PASSWORD },
    tls: { rejectUnauthorized: false },
  });
}

const arrived = (smarthost: TestSmarthost, count: number) =>
  eventually(
    `${count} mails at the smarthost`,
    async () => smarthost.mails.length >= count && smarthost.mails,
  );

const told = (
  relay: TestRelay,
  what: string,
  done: (rows: Awaited<ReturnType<typeof timelines>>) => boolean,
) =>
  eventually(what, async () => {
    const rows = await timelines(relay.engine);
    return done(rows) && rows;
  });

const types = (row: { events: { type: string }[] } | undefined) => row?.events.map(({ type }) => type);

const pixelOf = (raw: string): string => /https:\/\/track\.example\.org\/o\/[\w-]+\.gif/.exec(raw)?.[0] ?? '';

function decoded(raw: string): string {
  return raw
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

test('each recipient gets a copy with a pixel and links of its own, visible headers kept, the secret one hidden', () =>
  withSmarthost(async (smarthost, relay) => {
    const transport = mailProgram(relay);
    await transport.sendMail({
      from: 'Sam <sam@example.org>',
      to: 'Ann <ann@example.net>',
      cc: 'bob@example.net',
      bcc: 'carol@example.net',
      subject: 'Offer',
      text: 'Hello',
      html: HTML,
      attachments: [{ filename: 'a.bin', content: Buffer.from([0, 1, 2, 255]) }],
    });
    transport.close();
    const mails = await arrived(smarthost, 3);
    assert.deepEqual(mails.map(({ to }) => to.join()).sort(), [
      'ann@example.net',
      'bob@example.net',
      'carol@example.net',
    ]);
    const pixels = mails.map(({ raw }) => pixelOf(decoded(raw)));
    assert.equal(new Set(pixels).size, 3);
    const rows = await told(relay, 'all are relayed', (all) => all.every((row) => row.transport === 'sent'));
    for (const mail of mails) {
      assert.equal(mail.from, 'sam@example.org');
      assert.match(mail.raw, /^To: Ann <ann@example\.net>\r$/m);
      assert.match(mail.raw, /^Cc: bob@example\.net\r$/m);
      assert.doesNotMatch(mail.raw, /carol@|^bcc:/im);
      assert.match(mail.raw, /AAEC\/w==/);
      const [link = ''] = /https:\/\/track\.example\.org\/l\/[^"]+/.exec(decoded(mail.raw)) ?? [];
      const tracked = readTrackedUrl(KEYRING, link.replaceAll('&amp;', '&'));
      assert.equal(tracked?.destination, 'https://example.org/offer?a=1&b=2#part');
      const stored = await relay.engine.db
        .selectFrom('deliveries')
        .select(['id', 'pixel_url'])
        .where('recipient', '=', mail.to.join())
        .executeTakeFirstOrThrow();
      assert.equal(pixelOf(decoded(mail.raw)), stored.pixel_url);
      assert.equal(tracked?.claims.subject, stored.id);
    }
    assert.deepEqual(types(rows[0]), ['accepted', 'relayed']);
    assert.match(rows[0]?.events[1]?.texts[0] ?? '', /taken as #\d/);
    const contents = await relay.engine.db.selectFrom('contents').select('id').execute();
    assert.deepEqual(contents, [], 'the content goes with the last copy');
  }));

for (const [name, contentType, body] of [
  [
    'a signed mail',
    'multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary=b',
    '--b\r\nContent-Type: text/html\r\n\r\n<html><body><p>Hi \r\n.dot</p></body></html>\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\nx\r\n--b--\r\n',
  ],
  [
    'an encrypted mail',
    'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
    '--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n',
  ],
  [
    'a report',
    'multipart/report; report-type=delivery-status; boundary=b',
    '--b\r\nContent-Type: text/html\r\n\r\n<p>failed</p>\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n--b--\r\n',
  ],
  ['a plain text', 'text/plain; charset=utf-8', 'Gr\xc3\xbc\xc3\x9fe\r\n.\r\n..x \r\n\r\n\r\n'],
] as const) {
  test(`${name} passes byte for byte, and the timeline says why`, () =>
    withSmarthost(async (smarthost, relay) => {
      const raw = `From: sender@example.org\r\nX-Odd:   folded \r\n\tvalue  \r\nTo: ann@example.net\r\nSubject: x\r\nContent-Type: ${contentType}\r\n\r\n${body}`;
      assert.match(await submit(relay, raw), /^250/);
      const [mail] = await arrived(smarthost, 1);
      assert.equal(mail?.raw, raw);
      const [row] = await timelines(relay.engine);
      assert.equal(row?.events[0]?.codes.length, 1);
    }));
}

test('Bcc and control fields are the only bytes taken out of a mail that passes untouched', () =>
  withSmarthost(async (smarthost, relay) => {
    const rest = 'From: sender@example.org\r\nTo: ann@example.net\r\n\r\ntext\r\n';
    await submit(relay, `Bcc: x@example.net,\r\n y@example.net\r\nX-Waybill-Mode: full\r\n${rest}`);
    const [mail] = await arrived(smarthost, 1);
    assert.equal(mail?.raw, rest);
  }));

const TRACKABLE = `From: sender@example.org\r\nTo: ann@example.net\r\nMessage-ID: <m1@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nContent-Type: text/html\r\n\r\n${HTML}\r\n`;

test('a mail that switches tracking off passes unchanged', () =>
  withSmarthost(async (smarthost, relay) => {
    await submit(relay, `X-Waybill: off\r\n${TRACKABLE}`);
    const [mail] = await arrived(smarthost, 1);
    assert.equal(mail?.raw, TRACKABLE);
    assert.deepEqual((await timelines(relay.engine))[0]?.events[0]?.codes, ['tracking-off']);
  }));

test('a recipient who objected gets an unchanged copy, the others a tracked one', () =>
  withSmarthost(async (smarthost, relay) => {
    await relay.engine.db
      .insertInto('objections')
      .values({ workspace_id: relay.workspaceId, address: 'bob@example.net', delivery_id: null, at: 1 })
      .execute();
    await submit(relay, TRACKABLE, { to: ['ann@example.net', 'Bob@example.net'] });
    const mails = await arrived(smarthost, 2);
    assert.equal(mails.find(({ to }) => to.join() === 'Bob@example.net')?.raw, TRACKABLE);
    assert.notEqual(pixelOf(mails.find(({ to }) => to.join() === 'ann@example.net')?.raw ?? ''), '');
  }));

test('who objects while a mail is slowly coming in gets an unchanged copy of it', () =>
  withSmarthost(async (smarthost, relay) => {
    const client = await SmtpDialogue.open(relay.submission);
    try {
      await client.signIn(USER, PASSWORD);
      for (const line of ['MAIL FROM:<sender@example.org>', 'RCPT TO:<ann@example.net>', 'DATA'])
        assert.match(await client.command(line), /^[23]/);
      client.write(TRACKABLE.slice(0, 100));
      // Longer than an answer counts that was asked for when the data began.
      await sleep(1_200);
      await relay.engine.db
        .insertInto('objections')
        .values({ workspace_id: relay.workspaceId, address: 'ann@example.net', delivery_id: null, at: 1 })
        .execute();
      client.write(`${TRACKABLE.slice(100)}.\r\n`);
      assert.match(await client.reply(), /^250/);
    } finally {
      client.close();
    }
    const [mail] = await arrived(smarthost, 1);
    assert.equal(mail?.raw, TRACKABLE);
  }));

test('in mode aggregate all copies are the same', () =>
  withSmarthost(async (smarthost, relay) => {
    await submit(relay, `X-Waybill-Mode: aggregate\r\n${TRACKABLE}`, {
      to: ['ann@example.net', 'bob@example.net'],
    });
    const [one, two] = await arrived(smarthost, 2);
    assert.equal(one?.raw, two?.raw);
    const claims = readTrackedUrl(KEYRING, pixelOf(one?.raw ?? ''))?.claims;
    const message = await relay.engine.db.selectFrom('messages').select('id').executeTakeFirstOrThrow();
    assert.equal(claims?.subject, message.id);
    assert.equal(claims?.mode, 'aggregate');
  }));

test('a Message-ID without its brackets gets no second one beside it, and answers to it are found', () =>
  withSmarthost(async (smarthost, relay) => {
    await submit(relay, TRACKABLE.replace('<m1@example.org>', 'm1@example.org'));
    const [mail] = await arrived(smarthost, 1);
    assert.deepEqual(mail?.raw.match(/^Message-ID: .*$/gm), ['Message-ID: m1@example.org']);
    const message = await relay.engine.db.selectFrom('messages').selectAll().executeTakeFirstOrThrow();
    assert.equal(message.message_id_header, '<m1@example.org>');
  }));

test('Message-ID and date are added to a tracked mail that has none', () =>
  withSmarthost(async (smarthost, relay) => {
    await submit(relay, `From: sender@example.org\r\nContent-Type: text/html\r\n\r\n${HTML}\r\n`);
    const [mail] = await arrived(smarthost, 1);
    assert.match(
      mail?.raw ?? '',
      /^Message-ID: <[0-9a-f]{32}@example\.org>\r\nDate: \w{3}, \d{2} \w{3} \d{4} [\d:]{8} \+0000\r\nFrom: /,
    );
    const { message_id_header } = await relay.engine.db
      .selectFrom('messages')
      .selectAll()
      .executeTakeFirstOrThrow();
    assert.ok(mail?.raw.includes(`Message-ID: ${message_id_header}\r\n`));
  }));

test('several mails share a connection', () =>
  withSmarthost(async (smarthost, relay) => {
    for (let n = 0; n < 4; n++) {
      await submit(relay, TRACKABLE);
      await arrived(smarthost, n + 1);
    }
    assert.equal(new Set(smarthost.mails.map(({ connection }) => connection)).size, 1);
  }));

test('status notifications asked for are passed on, encoded again', () =>
  withSmarthost(async (smarthost, relay) => {
    await submit(relay, TRACKABLE, {
      parameters: ' RET=HDRS ENVID=id+2B1+3D2 BODY=8BITMIME',
      rcpt: ' NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann+2Bx@example.net',
    });
    const [mail] = await arrived(smarthost, 1);
    assert.deepEqual(mail?.parameters.dsn, { ret: 'HDRS', envid: 'id+1=2' });
    assert.deepEqual(mail?.parameters.rcpt, [{ NOTIFY: 'SUCCESS,DELAY', ORCPT: 'rfc822;ann+x@example.net' }]);
    assert.equal((mail?.parameters.mail as Record<string, string> | undefined)?.['BODY'], '8BITMIME');
  }));

test('an empty sender goes on empty and untracked', () =>
  withSmarthost(async (smarthost, relay) => {
    await submit(relay, TRACKABLE, { from: '' });
    const [mail] = await arrived(smarthost, 1);
    assert.equal(mail?.from, '');
    assert.equal(mail?.raw, TRACKABLE);
  }));

test('put off by the server: tried again with the same bytes until it is taken', () =>
  withSmarthost(async (smarthost, relay) => {
    smarthost.refuse = (stage) =>
      stage === 'data' && smarthost.refused.length < 2
        ? { code: 451, text: '4.7.1 greylisted, come again' }
        : undefined;
    await submit(relay, TRACKABLE);
    const [mail] = await arrived(smarthost, 1);
    assert.deepEqual(smarthost.refused, [mail?.raw, mail?.raw]);
    const [row] = await told(relay, 'it is sent', ([first]) => first?.transport === 'sent');
    assert.deepEqual(types(row), ['accepted', 'deferred', 'relayed'], 'the same answer twice is told once');
    assert.deepEqual(row?.events[1]?.codes, ['server-deferred']);
    assert.match(row?.events[1]?.texts[0] ?? '', /451 .*greylisted, come again/);
    const { attempts } = await relay.engine.db
      .selectFrom('queue')
      .select('attempts')
      .executeTakeFirstOrThrow();
    assert.equal(attempts, 3);
  }));

test('put off for one recipient, the other one has the mail at once', () =>
  withSmarthost(async (smarthost, relay) => {
    let open = false;
    smarthost.refuse = (stage, subject) =>
      stage === 'rcpt' && subject === 'bob@example.net' && !open
        ? { code: 450, text: '4.2.1 busy' }
        : undefined;
    await submit(relay, TRACKABLE, { to: ['ann@example.net', 'bob@example.net'] });
    await told(
      relay,
      'ann has it, bob waits',
      ([ann, bob]) => ann?.transport === 'sent' && bob?.events.length === 2,
    );
    open = true;
    await told(relay, 'bob has it', (rows) => rows.every((row) => row.transport === 'sent'));
    assert.equal(smarthost.mails.length, 2);
  }));

test('refused for good: bounced at once, with the words of the server, and not tried again', () =>
  withSmarthost(async (smarthost, relay) => {
    let attempts = 0;
    smarthost.refuse = (stage, address) => {
      if (stage !== 'rcpt' || address !== 'ann@example.net') return undefined;
      attempts++;
      return { code: 550, text: '5.1.1 no such user here' };
    };
    await submit(relay, TRACKABLE);
    const [row] = await told(relay, 'it bounced', ([first]) => first?.transport === 'bounced');
    assert.deepEqual(types(row), ['accepted', 'bounced']);
    assert.equal(row?.verdict, 'bounced');
    assert.match(row?.events[1]?.texts[0] ?? '', /550 .*no such user here/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(attempts, 1);
  }));

test('a server that does not let us in is no reason to bounce', () =>
  withSmarthost(async (smarthost, relay) => {
    smarthost.refuse = (stage) => (stage === 'mail' ? { code: 530, text: '5.7.0 sign in first' } : undefined);
    await submit(relay, TRACKABLE);
    const [row] = await told(relay, 'it waits', ([first]) => first?.events.length === 2);
    assert.deepEqual(row?.events[1]?.codes, ['server-refuses-us']);
    smarthost.refuse = () => undefined;
    await arrived(smarthost, 1);
  }));

test('a server that cannot be reached: deferred, and sent when it is there', async () => {
  await using directory = await temporaryDirectory();
  const gone = await startSmarthost(COMES_BACK);
  await gone.close();
  const relay = await startTestRelay(directory.path, {
    settings: { publicUrl: PUBLIC_URL, smarthostUrl: gone.url },
  });
  try {
    assert.match(await submit(relay, TRACKABLE), /^250/);
    const [row] = await told(relay, 'it waits', ([first]) => first?.events.length === 2);
    assert.equal(row?.events[1]?.type, 'deferred');
    assert.deepEqual(row?.events[1]?.codes, ['server-unreachable']);
    const back = await startSmarthost({ ...COMES_BACK, port: gone.port });
    try {
      await arrived(back, 1);
    } finally {
      await back.close();
    }
  } finally {
    await relay.close();
  }
});

test('after the time to try is over the mail has failed, with the last trouble as reason', () =>
  withSmarthost(
    async (smarthost, relay) => {
      smarthost.refuse = (stage) => (stage === 'data' ? { code: 452, text: '4.3.1 disk full' } : undefined);
      await submit(relay, TRACKABLE);
      const [row] = await told(relay, 'it failed', ([first]) => first?.transport === 'failed');
      assert.deepEqual(types(row), ['accepted', 'deferred', 'bounced']);
      assert.deepEqual(row?.events[2]?.codes, ['expired', 'server-deferred']);
      assert.match(row?.events[2]?.texts[1] ?? '', /disk full/);
    },
    { tuning: { retry: { firstPauseMs: 60, longestPauseMs: 200, expiryMs: 2_000 } } },
  ));

test('a kept connection that the server closed meanwhile costs no attempt', () =>
  withSmarthost(
    async (smarthost, relay) => {
      await submit(relay, TRACKABLE);
      await arrived(smarthost, 1);
      await new Promise((resolve) => setTimeout(resolve, 400));
      await submit(relay, TRACKABLE);
      await arrived(smarthost, 2);
      const rows = await told(relay, 'both are sent', (all) => all.every((row) => row.transport === 'sent'));
      assert.deepEqual(rows.map(types), [
        ['accepted', 'relayed'],
        ['accepted', 'relayed'],
      ]);
    },
    { smarthost: { socketTimeout: 150 } },
  ));

test('user and password of the address are used, over TLS when it is offered', async () => {
  const certificate = selfSigned({
    names: ['localhost'],
    validFrom: Date.now() - 1000,
    validTo: Date.now() + 60_000,
    random: systemRandom,
  });
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost({ ...certificate, authOptional: false });
  const url = (pass: string, query = '') =>
    `smtp://relay%40user:${pass}@${smarthost.host}:${smarthost.port}${query}`;
  const settings = { publicUrl: PUBLIC_URL };
  try {
    let relay = await startTestRelay(directory.path, {
      settings: { ...settings, smarthostUrl: url('right') },
    });
    await submit(relay, TRACKABLE);
    const [mail] = await arrived(smarthost, 1);
    assert.deepEqual([mail?.secure, mail?.user], [true, 'relay@user']);
    await relay.close();

    for (const [smarthostUrl, code] of [
      [url('wrong'), 'server-refuses-us'],
      [url('right', '?tls=verify'), 'server-unreachable'],
    ] as const) {
      await using other = await temporaryDirectory();
      relay = await startTestRelay(other.path, { settings: { ...settings, smarthostUrl } });
      await submit(relay, TRACKABLE);
      const [row] = await told(relay, 'it waits', ([first]) => (first?.events.length ?? 0) >= 2);
      assert.deepEqual(row?.events[1]?.codes, [code]);
      await relay.close();
    }
    assert.equal(smarthost.mails.length, 1);
  } finally {
    await smarthost.close();
  }
});

test('a smarthost address that cannot be read stops the start', async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(
    startTestRelay(directory.path, { settings: { smarthostUrl: 'mail.example.org:25' } }),
    /WAYBILL_SMARTHOST_URL/,
  );
});
