import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DeliveryDetail } from '@waybill/sdk';
import { IMAP_PASSWORD } from '../support/dovecot.ts';
import { docEnvironment, docSnippet } from '../support/doc-snippets.ts';
import { onFreePorts } from '../support/free-ports.ts';
import { mailServersMissing } from '../support/mail-server-programs.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { deliveryWith, messageBySubject } from './chain-api.ts';
import { inInbox } from './chain-mail.ts';
import { startFilterChain, type FilterChain } from './filter-chain.ts';

const skip = mailServersMissing('Postfix', 'Dovecot');

test('real reports come back to Waybill on return paths, as the documentation says', { skip }, async (t) => {
  const chain = await startReportChain(t);

  await t.test('delivered is said when the server that has the mailbox said so, and not before', async () => {
    const number = await send(chain, 'To the box', 'ann@box.example');
    const delivery = await deliveryWith(chain, number, 'delivered');
    assert.deepEqual(types(delivery), ['accepted', 'relayed', 'delivered']);
    assert.equal(delivery.verdict.state, 'delivered');
  });

  await t.test('that a server passed the mail on to one without reports is no delivery', async () => {
    const number = await send(chain, 'To the mailbox', 'bob@example.net');
    await inInbox(chain, 'bob@example.net', 'To the mailbox');
    await eventually(
      'its report was taken',
      async () => chain.postfix.log().match(/to=<[^>]+@bounces\.example\.org>.*status=sent/g)?.length === 2,
    );
    const delivery = await deliveryWith(chain, number, 'relayed');
    assert.ok(!types(delivery).includes('delivered'), types(delivery).join());
    assert.equal(delivery.verdict.state, 'sent');
  });

  await t.test('a bounce is known of, and its sender gets it all the same', async () => {
    chain.far.refuse = (stage, subject) =>
      stage === 'rcpt' && subject.startsWith('nobody')
        ? { code: 550, text: '5.1.1 no such user' }
        : undefined;
    const number = await send(chain, 'To nobody', 'nobody@far.example');
    const delivery = await deliveryWith(chain, number, 'bounced');
    assert.equal(delivery.verdict.state, 'bounced');
    const notice = await inInbox(chain, 'sam@example.org', 'Undelivered Mail Returned to Sender');
    assert.match(notice.toString(), /^Final-Recipient: rfc822; nobody@far\.example\r$/m);
  });

  await t.test(
    'an address that Waybill has not signed is refused while the client is still there',
    async () => {
      const client = await SmtpDialogue.open(chain.submission);
      try {
        await client.signIn('sam', IMAP_PASSWORD);
        assert.match(await client.command('MAIL FROM:<sam@example.org>'), /^250/);
        const reply = await client.command('RCPT TO:<anybody@bounces.example.org>');
        assert.match(reply, /^550 5\.1\.1 .*There is no such address here/);
      } finally {
        client.close();
      }
    },
  );
});

const types = ({ events }: DeliveryDetail): string[] => events.map(({ type }) => type);

/** @returns the copy's tracking number */
async function send(chain: FilterChain, subject: string, to: string): Promise<string> {
  await chain.mailProgram('sam').sendMail({ from: 'sam@example.org', to, subject, html: '<p>Hello</p>' });
  const message = await eventually('Waybill has it', () => messageBySubject(chain, subject));
  return message.deliveries[0]?.trackingNumber ?? assert.fail();
}

/** The chain with return paths, and a domain whose mailboxes Postfix has itself. */
async function startReportChain(t: TestContext): Promise<FilterChain> {
  const directory = await temporaryDirectory();
  await chmod(directory.path, 0o711);
  const boxes = join(directory.path, 'boxes');
  await mkdir(boxes);
  await chmod(boxes, 0o777);
  return onFreePorts(1, async ([port = 0]) => {
    const chain = await startFilterChain(t, {
      settings: docEnvironment('reports', 'waybill.env', { 10027: port }),
      main: [
        docSnippet('reports', 'main.cf', {
          10027: port,
          'transport_maps = ': 'transport_maps = inline:{box.example=virtual:}, ',
        }),
        'virtual_mailbox_domains = example.org, example.net, box.example',
        `virtual_mailbox_base = ${boxes}`,
        'virtual_uid_maps = static:61900',
        'virtual_gid_maps = static:61900',
        docSnippet('reports', 'main.cf: unknown addresses'),
        'address_verify_poll_delay = 1s',
      ].join('\n'),
      master: 'virtual unix - n n - - virtual\n',
    });
    t.after(() => directory[Symbol.asyncDispose]());
    return chain;
  });
}
