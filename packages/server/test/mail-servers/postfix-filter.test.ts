import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailServersMissing } from '../support/mail-server-programs.ts';
import { eventually } from '../support/server.ts';
import { docSnippet } from '../support/doc-snippets.ts';
import { deliveryWith, messageBySubject, messageDeliveries, messages } from './chain-api.ts';
import { atFar, composedMail, countWithSubject, inInbox, submit, utf8, withoutTrace } from './chain-mail.ts';
import { startFilterChain, type FilterChain } from './filter-chain.ts';

const skip = mailServersMissing('Postfix', 'Dovecot');
const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.2.0';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';
/** An address of a German access network. */
const READER_IP = '91.10.10.10';
const TRACKED = 'https://track.example.org/';

test('Postfix with Waybill as its content filter, set up as the documentation says', { skip }, async (t) => {
  const chain = await startFilterChain(t);
  await t.test('a mail is read over IMAP, and its whole way is known', () => storyOfAMail(chain));
  await t.test('one mail to three is one message with three copies, each once', () => threeTogether(chain));
  await t.test('what the sender asked to be told is passed on, and told by those who know', () =>
    deliveryNotices(chain),
  );
  await t.test('a refusal of the far server comes back to the sender as a bounce', () => bounce(chain));
  await t.test('8-bit text stays 8-bit text', () => eightBit(chain));
  await t.test('an address beyond ASCII is reached', () => smtpUtf8(chain));
  await t.test('signed mail arrives byte for byte', () => signedMail(chain));
  await t.test('bounces and mail of other domains pass byte for byte and leave no trace', () =>
    otherMail(chain),
  );
  await t.test('every mail went through the filter once', () => onceThroughTheFilter(chain));
  await t.test('while Waybill is down mail waits in Postfix, and can be sent past it', () => past(chain));
  await t.test('what waited is sent when Waybill is back', () => waiting(chain));
});

test(
  'handed over one recipient at a time, a mail to three is three copies all the same',
  { skip },
  async (t) => {
    const main = docSnippet('postfix-filter', 'main.cf: one at a time');
    await threeOneByOne(await startFilterChain(t, { main }));
  },
);

async function storyOfAMail(chain: FilterChain): Promise<void> {
  const target = 'https://example.org/offer?a=1&b=%C3%BC#end';
  await chain.mailProgram('sam').sendMail({
    from: 'Sam <sam@example.org>',
    to: ['ann@example.net', 'bob@example.net'],
    subject: 'The story',
    html: `<html><body><p>Hello, <a href="${target.replace('&', '&amp;')}">the offer</a></p></body></html>`,
  });
  const [ann, bob] = await Promise.all(
    ['ann@example.net', 'bob@example.net'].map(async (user) =>
      trackedAddresses(await inInbox(chain, user, 'The story')),
    ),
  );
  assert.ok(ann && bob);
  assert.equal(new Set([...ann, ...bob]).size, 4, 'each copy has a pixel and a link of its own');

  const message = await messageBySubject(chain, 'The story');
  assert.equal(message.deliveries.length, 2, 'both recipients belong to one message');
  const { trackingNumber, pixelUrl } =
    message.deliveries.find(({ recipient }) => recipient === 'ann@example.net') ?? assert.fail();
  assert.ok(pixelUrl !== null && ann.includes(pixelUrl));

  const image = await visit(chain, pixelUrl, THUNDERBIRD);
  assert.deepEqual([image.status, image.headers.get('content-type')], [200, 'image/gif']);
  const opened = await deliveryWith(chain, trackingNumber, 'opened');
  assert.match(opened.verdict.state, /^(?:probably-)?read$/);
  assert.equal(opened.events.find(({ type }) => type === 'opened')?.client?.name, 'Thunderbird');

  const link = ann.find((address) => address !== pixelUrl) ?? '';
  const answer = await visit(chain, link, FIREFOX);
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, target]);
  const clicked = await deliveryWith(chain, trackingNumber, 'clicked');
  assert.equal(clicked.verdict.state, 'clicked');
  assert.deepEqual(
    clicked.events.map(({ type }) => type).sort(),
    ['accepted', 'clicked', 'opened', 'relayed'],
    'that Postfix has taken the mail back is no delivery',
  );
}

const THREE = ['ann@example.net', 'bob@example.net', 'cleo@far.example'];

/** Sends one mail to three. @returns what the messages in Waybill have of it */
async function mailToThree(chain: FilterChain, subject: string): Promise<{ recipient: string }[][]> {
  await chain.mailProgram('sam').sendMail({
    from: 'sam@example.org',
    to: THREE.slice(0, 2),
    bcc: THREE[2],
    subject,
    html: '<p>Hello, all three</p>',
  });
  const copies = [
    ...(await Promise.all(THREE.slice(0, 2).map((user) => inInbox(chain, user, subject)))),
    Buffer.from((await atFar(chain, 'cleo@far.example', subject)).raw, 'latin1'),
  ];
  const known = await eventually('all copies are relayed', async () => {
    const found = (await messages(chain)).filter((message) => message.subject === subject);
    const all = await Promise.all(found.map((message) => messageDeliveries(chain, message.id)));
    return all.flat().filter(({ verdict }) => verdict.state === 'sent').length === 3 && all;
  });
  const pixels = copies.map((copy) => trackedAddresses(copy));
  assert.deepEqual(
    pixels.map(({ length }) => length),
    [1, 1, 1],
  );
  assert.deepEqual(
    pixels.flat().sort(),
    known
      .flat()
      .map(({ pixelUrl }) => pixelUrl)
      .sort(),
    'each copy has the pixel of its own delivery',
  );
  assert.equal(new Set(known.flat().map(({ trackingNumber }) => trackingNumber)).size, 3);
  for (const user of THREE.slice(0, 2)) {
    assert.equal(await countWithSubject(chain, user, subject), 1, `${user} has it once`);
  }
  assert.equal(chain.far.mails.filter(({ raw }) => raw.includes(`Subject: ${subject}`)).length, 1);
  return known;
}

async function threeTogether(chain: FilterChain): Promise<void> {
  const [deliveries = [], ...others] = await mailToThree(chain, 'To three');
  assert.deepEqual(others, [], 'they are one message');
  assert.deepEqual(deliveries.map(({ recipient }) => recipient).sort(), THREE);
}

async function threeOneByOne(chain: FilterChain): Promise<void> {
  const known = await mailToThree(chain, 'To three, one by one');
  assert.deepEqual(known.map(([delivery]) => delivery?.recipient).sort(), THREE);
  assert.ok(known.every(({ length }) => length === 1));
}

async function deliveryNotices(chain: FilterChain): Promise<void> {
  const dsn = { id: 'env+id=7', return: 'headers' as const, notify: ['success', 'failure'] as never };
  await chain.mailProgram('sam').sendMail({
    from: 'sam@example.org',
    to: ['ann@example.net', 'cleo@far.example'],
    subject: 'Tell me',
    html: '<p>Hello</p>',
    dsn,
  });
  const { parameters } = await atFar(chain, 'cleo@far.example', 'Tell me');
  const { mail, rcpt } = parameters as {
    mail: Record<string, string>;
    rcpt: Record<string, string>[];
  };
  assert.deepEqual([mail['RET'], mail['ENVID']], ['HDRS', 'env+id=7'], 'xtext (RFC 3461 §4) on each way');
  assert.deepEqual(rcpt[0]?.['NOTIFY']?.split(',').sort(), ['FAILURE', 'SUCCESS']);
  assert.match(rcpt[0]?.['ORCPT'] ?? '', /^rfc822;/i);

  const notice = await inInbox(chain, 'sam@example.org', 'Successful Mail Delivery Report');
  const text = notice.toString('latin1');
  assert.match(text, /^Original-Envelope-Id: env\+id=7\r$/m);
  assert.match(text, /^Final-Recipient: rfc822; ann@example\.net\r$/m);
  // What Postfix says when it gives a mail to a server without DSN, which Dovecot's LMTP is.
  assert.match(text, /^Action: relayed\r$/m);
  assert.ok(!text.includes(TRACKED), 'a report is not tracked');
}

async function bounce(chain: FilterChain): Promise<void> {
  chain.far.refuse = (stage, subject) =>
    stage === 'rcpt' && subject.startsWith('nobody') ? { code: 550, text: '5.1.1 no such user' } : undefined;
  await chain.mailProgram('sam').sendMail({
    from: 'sam@example.org',
    to: 'nobody@far.example',
    subject: 'To nobody',
    html: '<p>Hello</p>',
  });
  const notice = (await inInbox(chain, 'sam@example.org', 'Undelivered Mail Returned to Sender')).toString();
  assert.match(notice, /^Action: failed\r$/m);
  assert.match(notice, /^Status: 5\.1\.1\r$/m);
  assert.match(notice, /^Final-Recipient: rfc822; nobody@far\.example\r$/m);
}

async function eightBit(chain: FilterChain): Promise<void> {
  const text = 'Grüße aus Köln – ✓';
  const html = `<html><body><p>${utf8(text)}</p></body></html>`;
  const raw = composedMail('Eight bits', [
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    html,
  ]);
  await submit(chain, raw, { to: 'dora@far.example', parameters: ' BODY=8BITMIME' });
  const arrived = await atFar(chain, 'dora@far.example', 'Eight bits');
  const copy = Buffer.from(arrived.raw, 'latin1').toString();
  assert.match(copy, /^Content-Transfer-Encoding: 8bit\r$/m);
  assert.ok(copy.includes(`<p>${text}</p>`) && copy.includes(TRACKED), copy);
  const { mail: parameters } = arrived.parameters as { mail: Record<string, string> };
  assert.equal(parameters['BODY'], '8BITMIME');
}

async function smtpUtf8(chain: FilterChain): Promise<void> {
  const raw = composedMail('Umlaut', [
    'Content-Type: text/html',
    '',
    '<html><body><p>Hello</p></body></html>',
  ]);
  const to = 'jürgen@far.example';
  await submit(chain, raw, { to: utf8(to), parameters: ' SMTPUTF8' });
  const { raw: copy } = await atFar(chain, to, 'Umlaut');
  assert.ok(copy.includes(TRACKED));
}

async function signedMail(chain: FilterChain): Promise<void> {
  const boundary = 'a-boundary';
  const pgp = composedMail('Signed', [
    `Content-Type: multipart/signed; boundary="${boundary}"; micalg=pgp-sha512;`,
    '\tprotocol="application/pgp-signature"',
    '',
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    '<html><body>  <p>Trailing blanks  stay   ',
    `.and a dot</p> ${utf8('ü')}</body></html>`,
    '',
    `--${boundary}`,
    'Content-Type: application/pgp-signature',
    '',
    '-----BEGIN PGP SIGNATURE-----',
    '-----END PGP SIGNATURE-----',
    `--${boundary}--`,
  ]);
  const dkim = composedMail('Sealed', [
    'DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=From:To; bh=AA==; b=AA==',
    'Content-Type: text/html',
    '',
    '<html><body><p>Hello</p></body></html>',
  ]);
  for (const [subject, raw] of [
    ['Signed', pgp],
    ['Sealed', dkim],
  ] as const) {
    await submit(chain, raw, { to: 'ann@example.net', parameters: ' BODY=8BITMIME' });
    const arrived = (await inInbox(chain, 'ann@example.net', subject)).toString('latin1');
    assert.equal(withoutTrace(arrived), raw);
    const { deliveries } = await messageBySubject(chain, subject);
    assert.equal(deliveries.length, 1);
    assert.equal(deliveries[0]?.pixelUrl, null);
    assert.ok(deliveries[0]?.untouchedBecause);
  }
}

async function otherMail(chain: FilterChain): Promise<void> {
  const before = (await messages(chain)).length;
  const senders = { 'From nobody': '', 'From elsewhere': 'sam@elsewhere.example' };
  for (const [subject, from] of Object.entries(senders)) {
    const raw = composedMail(subject, [
      'Content-Type: text/html',
      '',
      '<html><body><p>Hello</p></body></html>',
    ]);
    await submit(chain, raw, { from, to: 'ann@example.net' });
    const arrived = (await inInbox(chain, 'ann@example.net', subject)).toString('latin1');
    assert.equal(withoutTrace(arrived), raw);
    assert.match(arrived, new RegExp(`^Return-Path: <${from}>\r$`, 'm'));
  }
  assert.equal((await messages(chain)).length, before);
}

async function onceThroughTheFilter(chain: FilterChain): Promise<void> {
  const known = await messages(chain);
  const accepted = chain.postfix.log().matchAll(/ (\w+): to=.*status=sent \(250 2\.6\.0 OK: accepted as/g);
  assert.equal(new Set([...accepted].map(([, queueId]) => queueId)).size, known.length);
  assert.equal(new Set(known.map(({ subject }) => subject)).size, known.length);
  const queue = await chain.postfix.command('postqueue', '-p');
  assert.match(queue, /Mail queue is empty/);
}

async function past(chain: FilterChain): Promise<void> {
  await chain.waybill.stop();
  await sendSimple(chain, 'Past');
  await deferred(chain, 'Past');
  await chain.postfix.command('postsuper', '-r', 'ALL');
  const arrived = (await inInbox(chain, 'ann@example.net', 'Past')).toString('latin1');
  assert.ok(!arrived.includes(TRACKED));
}

async function waiting(chain: FilterChain): Promise<void> {
  await sendSimple(chain, 'Waited');
  await deferred(chain, 'Waited');
  await chain.restartWaybill();
  await chain.postfix.command('postqueue', '-f');
  const arrived = (await inInbox(chain, 'ann@example.net', 'Waited')).toString('latin1');
  assert.ok(arrived.includes(TRACKED));
}

const sendSimple = (chain: FilterChain, subject: string): Promise<unknown> =>
  chain
    .mailProgram('sam')
    .sendMail({ from: 'sam@example.org', to: 'ann@example.net', subject, html: '<p>Hello</p>' });

const deferred = (chain: FilterChain, subject: string): Promise<unknown> =>
  eventually(`${subject} waits`, async () =>
    (await chain.postfix.command('postqueue', '-p')).includes('Connection refused'),
  );

/** Pixel and links as the reader's mail program finds them. */
function trackedAddresses(copy: Buffer): string[] {
  const html = copy
    .toString('latin1')
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [...html.matchAll(/https:\/\/track\.example\.org\/[^"')\s]+/g)].map(([address]) =>
    address.replaceAll('&amp;', '&'),
  );
}

/** Through the reverse proxy that stands before the tracking address. */
function visit({ waybill }: FilterChain, address: string, agent: string): Promise<Response> {
  const headers = { 'user-agent': agent, 'x-forwarded-for': READER_IP };
  const url = address.replace('https://track.example.org', waybill.edgeUrl);
  return fetch(url, { headers, redirect: 'manual' });
}
