import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYRING, startTestRelay, submit, timelines, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { readTrackedUrl } from '../../src/tracking/tracking.ts';

const PUBLIC = { publicUrl: 'https://track.example.org' };
const MAIL =
  'From: Sam <sam@example.org>\r\nTo: ann@example.net\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <m@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nContent-Type: text/html\r\n\r\n<html><body><p>Hello</p></body></html>\r\n';

const captured = ({ engine }: TestRelay) =>
  engine.db.selectFrom('captured').selectAll().orderBy('captured_at').execute();

const settled = (relay: TestRelay, count: number) =>
  eventually(`${count} copies are done`, async () => {
    const rows = await relay.engine.db
      .selectFrom('queue')
      .select('state')
      .where('state', '=', 'done')
      .execute();
    return rows.length >= count;
  });

test('without a smarthost on loopback, mail is captured exactly as it would have been sent, and never called delivered', async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path);
  try {
    assert.equal(relay.relay.demo, true);
    await submit(relay, MAIL);
    await settled(relay, 1);
    const [copy] = await captured(relay);
    const delivery = await relay.engine.db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow();
    assert.equal(copy?.tracking_number, delivery.tracking_number);
    assert.equal(copy?.subject, 'Grüße');
    assert.equal(copy?.from_address, 'Sam <sam@example.org>');
    const raw = Buffer.from(copy?.raw ?? []).toString('latin1');
    const [pixel = ''] = /http:\/\/127\.0\.0\.1:8425\/o\/[\w-]+\.gif/.exec(raw) ?? [];
    assert.equal(readTrackedUrl(KEYRING, pixel)?.claims.subject, delivery.id);
    const [row] = await timelines(relay.engine);
    assert.equal(row?.transport, 'captured');
    assert.equal(row?.verdict, 'captured');
    assert.deepEqual(
      row?.events.map(({ codes }) => codes),
      [[], ['captured']],
    );
  } finally {
    await relay.close();
  }
});

test('captured mail is never released, though a smarthost is set later, even if it was still in the queue', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  try {
    let relay = await startTestRelay(directory.path);
    await submit(relay, MAIL);
    await settled(relay, 1);
    await relay.close();

    relay = await startTestRelay(directory.path, { tuning: { concurrency: 0 } });
    await submit(relay, MAIL);
    await relay.close();

    relay = await startTestRelay(directory.path, { settings: { ...PUBLIC, smarthostUrl: smarthost.url } });
    await settled(relay, 2);
    assert.equal((await captured(relay)).length, 2);
    assert.deepEqual(
      (await timelines(relay.engine)).map(({ transport }) => transport),
      ['captured', 'captured'],
    );
    await relay.close();
    assert.equal(smarthost.mails.length, 0);
  } finally {
    await smarthost.close();
  }
});

test('what was accepted to be sent waits when the smarthost is taken away, and is not captured', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const withSmarthost = { settings: { ...PUBLIC, smarthostUrl: smarthost.url } };
  try {
    let relay = await startTestRelay(directory.path, { ...withSmarthost, tuning: { concurrency: 0 } });
    await submit(relay, MAIL);
    await relay.close();

    relay = await startTestRelay(directory.path, { settings: { ...PUBLIC, demo: true } });
    const [row] = await eventually('it waits', async () => {
      const rows = await timelines(relay.engine);
      return rows[0]?.events.length === 2 && rows;
    });
    assert.deepEqual(row?.events[1]?.codes, ['no-way-out']);
    assert.deepEqual(await captured(relay), []);
    await relay.close();

    relay = await startTestRelay(directory.path, withSmarthost);
    await settled(relay, 1);
    await relay.close();
    assert.equal(smarthost.mails.length, 1);
  } finally {
    await smarthost.close();
  }
});

test('with a public tracking address and no smarthost nothing is accepted, in any way, unless demo is on', async () => {
  await using directory = await temporaryDirectory();
  let relay = await startTestRelay(directory.path, { settings: PUBLIC });
  const own = { to: 'sam@example.org', subject: 'x', text: 'y', idempotencyKey: 'k1' };
  try {
    assert.equal(relay.relay.demo, false);
    assert.match(await submit(relay, MAIL), /^451 4\.3\.5 .*WAYBILL_SMARTHOST_URL.*WAYBILL_DEMO=1/);
    await assert.rejects(
      relay.relay.ownMail.send({ workspaceId: relay.workspaceId, ...own }),
      /WAYBILL_SMARTHOST_URL/,
    );
    await assert.rejects(
      relay.relay.messages.create(relay.workspaceId, {
        from: 'sam@example.org',
        to: ['ann@example.net'],
        subject: 'x',
        html: '<p>x</p>',
        send: true,
      }),
      /WAYBILL_SMARTHOST_URL/,
    );
    assert.deepEqual(await timelines(relay.engine), []);
  } finally {
    await relay.close();
  }
  relay = await startTestRelay(directory.path, { settings: { ...PUBLIC, demo: true } });
  try {
    assert.equal(relay.relay.demo, true);
    assert.match(await submit(relay, MAIL), /^250/);
    await settled(relay, 1);
    assert.match(
      Buffer.from((await captured(relay))[0]?.raw ?? []).toString(),
      /https:\/\/track\.example\.org\/o\//,
    );
  } finally {
    await relay.close();
  }
});

test('with a smarthost but a loopback tracking address mail passes untouched, and the reason says so', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const relay = await startTestRelay(directory.path, { settings: { smarthostUrl: smarthost.url } });
  try {
    assert.equal(relay.relay.demo, false);
    await submit(relay, MAIL);
    await settled(relay, 1);
    assert.equal(smarthost.mails[0]?.raw, MAIL);
    const [row] = await timelines(relay.engine);
    assert.deepEqual(row?.events[0]?.codes, ['tracking-address-local']);
    assert.equal(row?.transport, 'sent');
  } finally {
    await relay.close();
    await smarthost.close();
  }
});

test("Waybill's own mail goes the same way, untracked, and once for each key", async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path);
  const { ownMail } = relay.relay;
  const mail = {
    workspaceId: relay.workspaceId,
    to: 'Sam <sam@example.org>',
    subject: 'Opened – ✓',
    text: 'Ann read it.\n',
  };
  try {
    await Promise.all([
      ownMail.send({ ...mail, idempotencyKey: 'one' }),
      ownMail.send({ ...mail, idempotencyKey: 'one' }),
      ownMail.send({ ...mail, idempotencyKey: 'two' }),
    ]);
    await settled(relay, 2);
    await ownMail.send({ ...mail, idempotencyKey: 'one' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const copies = await captured(relay);
    assert.equal(copies.length, 2);
    assert.deepEqual(
      [copies[0]?.recipient, copies[0]?.delivery_id, copies[0]?.tracking_number, copies[0]?.subject],
      ['sam@example.org', null, null, 'Opened – ✓'],
    );
    const raw = Buffer.from(copies[0]?.raw ?? []).toString();
    assert.match(raw, /^Auto-Submitted: auto-generated\r$/m);
    assert.doesNotMatch(raw, /\/o\//);
    await assert.rejects(
      ownMail.send({ ...mail, to: 'nobody', idempotencyKey: 'three' }),
      (error) => (error as { code?: string }).code === 'invalid-input',
    );
    assert.deepEqual(await timelines(relay.engine), []);
    assert.deepEqual(await relay.engine.db.selectFrom('contents').select('id').execute(), []);
  } finally {
    await relay.close();
  }
});
