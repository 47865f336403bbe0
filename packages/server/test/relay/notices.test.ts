import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import type { RelayTuning } from '../../src/relay/relay.ts';
import { parseReport } from '../../src/reports/reports.ts';
import { startTestRelay, submit, timelines, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost, type SmarthostMail, type TestSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const MAIL = [
  'From: Ann <ann@example.org>',
  'To: bob@example.net',
  'Message-ID: <1@example.org>',
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'Subject: The offer',
  'Content-Type: text/html',
  '',
  '<p>Hello Bob</p>',
  '',
].join('\r\n');

interface Opened {
  relay: TestRelay;
  smarthost: TestSmarthost;
  /** Refuses mail to bob. */
  refuse(code: number, text: string): void;
}

async function open(
  t: TestContext,
  { tuning = {}, hideDSN = false }: { tuning?: RelayTuning; hideDSN?: boolean } = {},
): Promise<Opened> {
  const directory = await temporaryDirectory();
  const smarthost = await startSmarthost({ hideDSN });
  const relay = await startTestRelay(directory.path, {
    settings: {
      publicUrl: 'https://track.example.org',
      smarthostUrl: smarthost.url,
      notifyFrom: 'Waybill <waybill@example.org>',
    },
    tuning,
  });
  t.after(async () => {
    await relay.close();
    await smarthost.close();
    await directory[Symbol.asyncDispose]();
  });
  const refuse = (code: number, text: string): void => {
    smarthost.refuse = (stage, address) =>
      stage === 'rcpt' && address === 'bob@example.net' ? { code, text } : undefined;
  };
  return { relay, smarthost, refuse };
}

const SUBMISSION = { to: ['bob@example.net'], from: 'ann@example.org' };

const notice = (smarthost: TestSmarthost): Promise<SmarthostMail> =>
  eventually('the sender is told', async () => smarthost.mails.find(({ from }) => from === ''));

async function ended(relay: TestRelay): Promise<void> {
  await eventually('the copy has ended', async () => {
    const rows = await relay.engine.db.selectFrom('queue').select('state').execute();
    return rows.length > 0 && rows.every(({ state }) => state === 'done');
  });
}

test('a mail refused for good comes back to its sender as a report, once, and it is no bounce that can bounce', async (t) => {
  const { relay, smarthost, refuse } = await open(t);
  refuse(550, '5.1.1 no such user');
  await submit(relay, MAIL, {
    ...SUBMISSION,
    parameters: ' ENVID=order+2B7 RET=FULL',
    rcpt: ' ORCPT=rfc822;bobby@example.net',
  });
  const { to, raw } = await notice(smarthost);
  assert.deepEqual(to, ['ann@example.org']);
  const report = parseReport(Buffer.from(raw, 'latin1'));
  assert.equal(report.kind, 'dsn');
  assert.equal(report.originalMessageId, '<1@example.org>');
  assert.deepEqual(
    report.recipients.map(({ address, action, status }) => [address, action, status]),
    [['bob@example.net', 'failed', '5.1.1']],
  );
  assert.match(raw, /^Original-Recipient: rfc822; bobby@example\.net\r\n/m);
  assert.match(raw, /^Original-Envelope-Id: order\+7\r\n/m);
  assert.match(raw, /^Diagnostic-Code: smtp; 550 5\.1\.1 no such user\r\n/m);
  assert.match(raw, /Content-Type: message\/rfc822\r\n\r\nFrom: Ann/);
  assert.doesNotMatch(raw, /track\.example\.org/, 'the mail comes back without a pixel');
  await ended(relay);
  assert.equal(smarthost.mails.length, 1);
  const defects = `
import email, email.policy, sys
mail = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
parts = [part.get_content_type() for part in mail.iter_parts()]
print(mail.get_content_type(), mail.get_param('report-type'), *parts, *[d for p in mail.walk() for d in p.defects])`;
  assert.equal(
    execFileSync('python3', ['-c', defects], { input: Buffer.from(raw, 'latin1'), encoding: 'utf8' }).trim(),
    'multipart/report delivery-status text/plain message/delivery-status message/rfc822',
  );
});

test('a notice that is refused is not followed by another', async (t) => {
  const { relay, smarthost } = await open(t);
  smarthost.refuse = (stage) => (stage === 'rcpt' ? { code: 550, text: '5.7.1 no' } : undefined);
  await submit(relay, MAIL, SUBMISSION);
  await eventually('both have ended', async () => {
    const rows = await relay.engine.db.selectFrom('queue').select('state').execute();
    return rows.length === 2 && rows.every(({ state }) => state === 'done');
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const rows = await relay.engine.db.selectFrom('queue').select('id').execute();
  assert.equal(rows.length, 2);
});

test('who wants no notice, and mail without a sender, get none', async (t) => {
  const { relay, smarthost, refuse } = await open(t);
  refuse(550, '5.1.1 no such user');
  await submit(relay, MAIL, { ...SUBMISSION, rcpt: ' NOTIFY=NEVER' });
  await submit(relay, MAIL, { ...SUBMISSION, from: '' });
  await ended(relay);
  assert.equal((await relay.engine.db.selectFrom('queue').select('id').execute()).length, 2);
  assert.deepEqual(smarthost.mails, []);
});

test('a mail that could not be delivered for too long comes back, saying what was in the way', async (t) => {
  const retry = { firstPauseMs: 60, longestPauseMs: 60, expiryMs: 300 };
  const { relay, smarthost, refuse } = await open(t, { tuning: { retry } });
  refuse(451, '4.2.2 mailbox is full');
  await submit(relay, MAIL, SUBMISSION);
  const { raw } = await notice(smarthost);
  assert.match(raw, /^Action: failed\r\n/m);
  assert.match(raw, /^Diagnostic-Code: smtp; 451 4\.2\.2 mailbox is full\r\n/m);
  assert.match(raw, /gave\s+up/);
  await eventually(
    'the timeline knows',
    async () => (await timelines(relay.engine))[0]?.transport === 'failed',
  );
});

test('where the next server confirms nothing, who asked for success hears that the mail was handed on', async (t) => {
  const { relay, smarthost } = await open(t, { hideDSN: true });
  await submit(relay, MAIL, { ...SUBMISSION, rcpt: ' NOTIFY=SUCCESS' });
  const { raw } = await notice(smarthost);
  assert.match(raw, /^Action: relayed\r\n/m);
  const other = await open(t);
  await submit(other.relay, MAIL, { ...SUBMISSION, rcpt: ' NOTIFY=SUCCESS' });
  await ended(other.relay);
  assert.equal(other.smarthost.mails.length, 1, 'a server that knows of notices sends them itself');
});

test('an operator sees what waits, tries it at once, or takes it out and the sender is told', async (t) => {
  const retry = { firstPauseMs: 3_600_000, longestPauseMs: 3_600_000, expiryMs: 86_400_000 };
  const { relay, smarthost, refuse } = await open(t, { tuning: { retry } });
  const { queue } = relay.relay;
  const waiting = async () => (await queue.list(relay.workspaceId, { limit: 9, state: 'waiting' })).items;
  refuse(451, '4.7.1 later');
  await submit(relay, MAIL, SUBMISSION);
  await submit(relay, MAIL, SUBMISSION);
  const copies = await eventually('both wait', async () => {
    const items = await waiting();
    return items.length === 2 && items.every(({ attempts }) => attempts === 1) && items;
  });
  assert.match(copies[0]?.lastError ?? '', /451 4\.7\.1 later/);
  const [first, second] = copies;
  assert.ok(first && second);
  await queue.drop(relay.workspaceId, first.id, { notify: true });
  const { raw } = await notice(smarthost);
  assert.match(raw, /The operator took the mail out of the queue\./);
  const dropped = await eventually('the timeline says so', async () =>
    (await timelines(relay.engine)).find(({ transport }) => transport === 'failed'),
  );
  assert.deepEqual(dropped.events.at(-1)?.codes, ['dropped']);
  await assert.rejects(queue.drop(relay.workspaceId, first.id, { notify: true }), { code: 'conflict' });
  smarthost.refuse = () => undefined;
  await queue.retry(relay.workspaceId, second.id);
  await eventually('the other one is sent', async () =>
    smarthost.mails.some(({ to }) => to[0] === 'bob@example.net'),
  );
  assert.deepEqual(await waiting(), []);
});
