import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { systemRandom } from '../../src/kernel/ids.ts';
import { readSmarthostUrl } from '../../src/relay/smarthost-url.ts';
import { selfSigned } from '../../src/relay/self-signed.ts';
import { IMAP_PASSWORD, type TestDovecot } from '../support/dovecot.ts';
import { docSnippet } from '../support/doc-snippets.ts';
import { mailInInbox, startMailboxes } from '../support/mailbox.ts';
import { mailServersMissing } from '../support/mail-server-programs.ts';
import { startPostfix, type TestPostfix } from '../support/postfix.ts';
import { startTestRelay, submit, timelines, type TimelineRow } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const skip = mailServersMissing('Postfix', 'Dovecot');
const YEAR_MS = 365 * 86_400_000;
const SERVER = selfSigned({
  names: ['localhost', '127.0.0.1'],
  validFrom: Date.now() - YEAR_MS,
  validTo: Date.now() + YEAR_MS,
  random: systemRandom,
});

test('Waybill sends through a Postfix that asks for TLS and a password', { skip }, async (t) => {
  const { postfix, dovecot } = await startPostfixWithPassword(t);
  const at = (password: string, policy: string): string =>
    `smtp://sam:${encodeURIComponent(password)}@localhost:${postfix.ports[0]}${policy}`;
  const arrives = (subject: string): Promise<Buffer> =>
    mailInInbox(dovecot, 'ann@example.net', `${subject} arrives`, (text) =>
      text.includes(`\nSubject: ${subject}\r\n`),
    );

  for (const policy of ['', '?tls=opportunistic', '?tls=require']) {
    await t.test(`it is sent with “${policy}”, whatever the certificate`, async () => {
      const row = await send(at(IMAP_PASSWORD, policy), `Sent ${policy}`);
      assert.deepEqual(
        row.events.map(({ type }) => type),
        ['accepted', 'relayed'],
      );
      assert.match((await arrives(`Sent ${policy}`)).toString(), /\n\tby mx\.example\.org .* with ESMTPSA /);
    });
  }

  await t.test(
    'with tls=verify it waits while the certificate is not trusted, and is sent when it is',
    async () => {
      const untrusted = await send(at(IMAP_PASSWORD, '?tls=verify'), 'Untrusted');
      assert.equal(untrusted.events[1]?.type, 'deferred');
      assert.match(untrusted.events[1]?.texts.join() ?? '', /certificate/i);
      const before = getCACertificates();
      setDefaultCACertificates([...before, SERVER.cert]);
      try {
        const trusted = await send(at(IMAP_PASSWORD, '?tls=verify'), 'Trusted');
        assert.equal(trusted.events[1]?.type, 'relayed');
        await arrives('Trusted');
      } finally {
        setDefaultCACertificates(before);
      }
    },
  );

  await t.test('a sender that Postfix refuses is a bounce', async () => {
    const row = await send(at(IMAP_PASSWORD, ''), 'Refused', 'eve@refused.example');
    assert.equal(row.events[1]?.type, 'bounced');
  });

  // Last: Dovecot then lets everybody from this address wait.
  await t.test(
    'a wrong password, or no TLS where it is demanded, makes no bounce: the mail waits',
    async () => {
      for (const [password, policy] of [
        ['wrong', '?tls=require'],
        [IMAP_PASSWORD, '?tls=off'],
      ] as const) {
        const row = await send(at(password, policy), 'Waiting');
        assert.equal(row.events[1]?.type, 'deferred');
        assert.deepEqual(row.events[1]?.codes, ['server-refuses-us'], policy);
      }
    },
  );
});

test('every address of a smarthost in the documentation can be read', () => {
  const addresses = docSnippet('way-out', 'smarthosts').trim().split('\n');
  assert.deepEqual(
    addresses.map((address) => {
      const { port, tls, implicitTls } = readSmarthostUrl(address);
      return [port, tls, implicitTls];
    }),
    [
      [10026, 'opportunistic', false],
      [587, 'verify', false],
      [465, 'verify', true],
      [587, 'verify', false],
    ],
  );
});

async function startPostfixWithPassword(
  t: TestContext,
): Promise<{ postfix: TestPostfix; dovecot: TestDovecot }> {
  const dovecot = await startMailboxes();
  t.after(() => dovecot[Symbol.asyncDispose]());
  const postfix = await startPostfix(t, 1, ([port = 0]) => ({
    main: [
      'virtual_mailbox_domains = example.net',
      'virtual_mailbox_maps = static:ok',
      `virtual_transport = lmtp:inet:127.0.0.1:${dovecot.lmtp.port}`,
      'smtpd_sasl_type = dovecot',
      `smtpd_sasl_path = inet:127.0.0.1:${dovecot.authPort}`,
      'smtpd_tls_chain_files = /etc/postfix/chain.pem',
      'smtpd_sender_restrictions = inline:{refused.example=REJECT}',
      '',
    ].join('\n'),
    master: docSnippet('way-out', 'master.cf', { 10587: port }),
    files: { 'chain.pem': `${SERVER.key}${SERVER.cert}` },
  }));
  return { postfix, dovecot };
}

/** Sends one mail through a Waybill with that way out. @returns its timeline after the first attempt */
async function send(smarthostUrl: string, subject: string, from = 'sam@example.org'): Promise<TimelineRow> {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path, {
    settings: { publicUrl: 'https://track.example.org', smarthostUrl },
  });
  try {
    const head = `From: sam@example.org\r\nTo: ann@example.net\r\nSubject: ${subject}\r\n`;
    const html = 'Content-Type: text/html\r\n\r\n<html><body><p>Hello</p></body></html>\r\n';
    assert.match(await submit(relay, head + html, { from }), /^250/);
    return await eventually('there is an outcome', async () => {
      const [row] = await timelines(relay.engine);
      return row !== undefined && row.events.length > 1 && row;
    });
  } finally {
    await relay.close();
  }
}
