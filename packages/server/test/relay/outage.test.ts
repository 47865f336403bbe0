import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueSummary } from '@waybill/sdk';
import { demoCredential, mailProgram } from '../support/mail.ts';
import { startTestRelay, submit, timelines, type TestRelay } from '../support/relay.ts';
import { eventually, startServer } from '../support/server.ts';
import { COMES_BACK, startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const SETTINGS = { publicUrl: 'https://track.example.org' };
const MAIL = 'From: sender@example.org\r\nTo: ann@example.net\r\nSubject: x\r\n\r\ntext\r\n';
const to = (count: number, name = 'r') => Array.from({ length: count }, (_, n) => `${name}${n}@example.net`);

const queueRows = (relay: TestRelay) =>
  relay.engine.db.selectFrom('queue').selectAll().orderBy('envelope_to').execute();

const summary = (relay: TestRelay) => relay.relay.queue.summary(relay.workspaceId);

const allSent = (relay: TestRelay, count: number) =>
  eventually(`${count} copies are sent`, async () => {
    const rows = await timelines(relay.engine);
    return rows.length === count && rows.every(({ transport }) => transport === 'sent') && rows;
  });

/** An address at which nobody listens, and somebody will. */
async function goneSmarthost() {
  const gone = await startSmarthost(COMES_BACK);
  await gone.close();
  return gone;
}

test('a smarthost that is away costs single tries, not one for each mail, and no mail its patience', async () => {
  await using directory = await temporaryDirectory();
  const gone = await goneSmarthost();
  const relay = await startTestRelay(directory.path, {
    settings: { ...SETTINGS, smarthostUrl: gone.url },
    // A mail that was blamed once would wait longer than this test.
    tuning: { retry: { firstPauseMs: 60_000, longestPauseMs: 60_000, expiryMs: 600_000 } },
  });
  try {
    await submit(relay, MAIL);
    const down = await eventually('it is found out', async () => {
      const { smarthost } = await summary(relay);
      return smarthost?.state === 'down' && smarthost;
    });
    assert.match(down.reason ?? '', /cannot be reached/);
    assert.match(down.since ?? '', /^20\d\d-/);
    await submit(relay, MAIL, { to: to(200) });
    await eventually('several tries', async () => relay.relay.sending().ends.deferred >= 4);
    const rows = await queueRows(relay);
    const tries = rows.reduce((sum, { attempts }) => sum + attempts, 0);
    const { deferred } = relay.relay.sending().ends;
    assert.ok(tries <= deferred + 1, `${tries} attempts are written down, ${deferred} were made`);
    // The first mail was alone for a while.
    const others = rows.filter(({ envelope_to: address }) => address.startsWith('r'));
    assert.ok(Math.max(...others.map(({ attempts }) => attempts)) <= 1, 'each time another one tries');
    assert.ok(rows.every(({ deferrals }) => deferrals === 0));
    const { waiting, sending } = await summary(relay);
    assert.ok(sending <= 1 && waiting >= rows.length - 2, 'what waits is seen waiting');

    const back = await startSmarthost({ ...COMES_BACK, port: gone.port });
    try {
      await allSent(relay, 201);
      assert.equal(back.mails.length, 201);
      assert.deepEqual((await summary(relay)).smarthost, {
        state: 'up',
        since: null,
        reason: null,
        nextTryAt: null,
      });
    } finally {
      await back.close();
    }
  } finally {
    await relay.close();
  }
});

test('a copy whose time is over while the smarthost is away has failed, and says why', async () => {
  await using directory = await temporaryDirectory();
  const gone = await goneSmarthost();
  const relay = await startTestRelay(directory.path, {
    settings: { ...SETTINGS, smarthostUrl: gone.url },
    tuning: { retry: { firstPauseMs: 50, longestPauseMs: 50, expiryMs: 1_500 } },
  });
  try {
    await submit(relay, MAIL, { to: to(60) });
    const rows = await eventually('all failed', async () => {
      const all = await timelines(relay.engine);
      return all.every(({ transport }) => transport === 'failed') && all;
    });
    for (const { events } of rows) {
      assert.equal(events.at(-1)?.type, 'bounced');
      assert.deepEqual(events.at(-1)?.codes, ['expired', 'server-unreachable']);
    }
  } finally {
    await relay.close();
  }
});

test('a wrong password stops all mail, and the right one lets all of it through', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost({ authOptional: false });
  const url = (pass: string) => `smtp://user:${pass}@${smarthost.host}:${smarthost.port}?tls=off`;
  let relay = await startTestRelay(directory.path, {
    settings: { ...SETTINGS, smarthostUrl: url('wrong') },
    tuning: { probePauses: { firstMs: 60, longestMs: 120, longestRefusedMs: 600_000 } },
  });
  try {
    await submit(relay, MAIL, { to: to(30) });
    await eventually('it is found out', async () => (await summary(relay)).smarthost?.state === 'down');
    assert.match((await summary(relay)).smarthost?.reason ?? '', /does not let Waybill in: 535/);
    await relay.close();
    relay = await startTestRelay(directory.path, {
      settings: { ...SETTINGS, smarthostUrl: url('right') },
    });
    await allSent(relay, 30);
  } finally {
    await relay.close();
    await smarthost.close();
  }
});

test('a mail that makes the server hang up holds no other mail up', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  smarthost.refuse = (stage, subject) =>
    stage === 'data' && subject.startsWith('poison') ? { code: 421, text: '4.3.0 goodbye' } : undefined;
  const relay = await startTestRelay(directory.path, {
    settings: { ...SETTINGS, smarthostUrl: smarthost.url },
  });
  try {
    for (let n = 0; n < 10; n++) {
      await submit(relay, MAIL, { to: [`poison${n % 2}@example.net`, `good${n}@example.net`] });
    }
    await eventually('all others are there', async () => smarthost.mails.length === 10);
    const poisoned = (await queueRows(relay)).filter(({ envelope_to: address }) =>
      address.startsWith('poison'),
    );
    assert.ok(poisoned.every(({ state }) => state !== 'done'));
  } finally {
    await relay.close();
    await smarthost.close();
  }
});

test('a server that wants fewer connections gets fewer, and everything arrives', async () => {
  await using directory = await temporaryDirectory();
  let open = 0;
  let most = 0;
  let refusals = 0;
  const smarthost = await startSmarthost({
    onClose: () => void open--,
  });
  smarthost.refuse = (stage) => {
    if (stage !== 'connect') return undefined;
    open++;
    if (open > 3) {
      refusals++;
      return { code: 421, text: '4.7.0 too many connections' };
    }
    most = Math.max(most, open);
    return undefined;
  };
  const relay = await startTestRelay(directory.path, {
    settings: { ...SETTINGS, smarthostUrl: smarthost.url },
  });
  try {
    await submit(relay, MAIL, { to: to(400) });
    await allSent(relay, 400);
    assert.equal(smarthost.mails.length, 400);
    assert.equal(most, 3);
    assert.ok(refusals > 0 && refusals < 60, `${refusals} connections were refused`);
  } finally {
    await relay.close();
    await smarthost.close();
  }
});

test('the whole server says so: summary, metrics and readiness, while it goes on taking mail', async () => {
  await using directory = await temporaryDirectory();
  const gone = await goneSmarthost();
  const server = await startServer(directory.path, {
    WAYBILL_SMARTHOST_URL: gone.url,
    WAYBILL_PUBLIC_URL: SETTINGS.publicUrl,
    WAYBILL_QUEUE_CONCURRENCY: '3',
    WAYBILL_LOG_LEVEL: 'silent',
  });
  const text = async (path: string) => (await server.api(path)).text();
  try {
    assert.match(await text('/metrics'), /^waybill_smarthost_up 1$/m);
    assert.match(await text('/metrics'), /^waybill_relay_copies_limit 3$/m);
    const auth = await eventually('the password is printed', async () => demoCredential(server));
    const transport = mailProgram(server, auth);
    const send = (recipient: string) =>
      transport.sendMail({ from: 'sam@example.org', to: recipient, subject: 'x', text: 'x' });
    await send('ann@example.net');
    const { smarthost } = await eventually('it is found out', async () => {
      const now = JSON.parse(await text('/api/v1/queue/summary')) as QueueSummary;
      return now.smarthost?.state === 'down' && now;
    });
    assert.match(smarthost?.reason ?? '', /cannot be reached/);
    await send('bob@example.net');
    transport.close();
    const metrics = await text('/metrics');
    for (const line of [
      /^waybill_smarthost_up 0$/m,
      /^waybill_smarthost_outages_total 1$/m,
      /^waybill_relay_attempts_total\{result="deferred"\} [1-9]/m,
    ]) {
      assert.match(metrics, line);
    }
    const ready = await server.api('/readyz');
    assert.equal(ready.status, 200);
    const { checks } = (await ready.json()) as { checks: Record<string, string> };
    assert.equal(checks['smarthost'], 'degraded');

    const back = await startSmarthost({ ...COMES_BACK, port: gone.port });
    try {
      assert.equal((await server.api('/api/v1/queue/retry', { method: 'POST' })).status, 200);
      await eventually('both are sent at once', async () => back.mails.length === 2);
    } finally {
      await back.close();
    }
  } finally {
    await server.stop();
  }
});
