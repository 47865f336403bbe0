import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DeliveryDetail } from '@waybill/sdk';
import { DAY_MS } from '../../src/kernel/clock.ts';
import { hitUntil, newLedger, balance, duplicateSources } from '../support/ledger.ts';
import { demoCredential, mailProgram } from '../support/mail.ts';
import { metricsOf } from '../support/metrics.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { fakeClock, noFakeClock } from '../support/set-clock.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { snippet } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const NEVER = new AbortController().signal;

/** As a browser: the cookie of a first user. */
async function signIn(server: RunningServer): Promise<string> {
  const link = /http:\/\/\S+\/welcome\?token=\S+/.exec(server.stdout())?.[0] ?? '';
  const answer = await fetch(`${server.url}/api/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url },
    body: JSON.stringify({
      token: new URL(link).searchParams.get('token'),
      email: 'ann@example.org',
      password: 'a long enough password',
      name: 'Ann',
      mode: 'full',
    }),
  });
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

async function serverTime(server: RunningServer): Promise<number> {
  return Date.parse((await fetch(`${server.url}/healthz`)).headers.get('date') ?? '');
}

test(
  'the clock is set a day ahead and two days back: links, sessions, timelines, the queue and the metrics stay sane',
  { skip: noFakeClock ?? false },
  async (t) => {
    await using directory = await temporaryDirectory();
    const clock = fakeClock(join(directory.path, 'clock'));
    const smarthost = await startSmarthost();
    smarthost.refuse = (stage) => (stage === 'data' ? { code: 451, text: '4.7.1 come again' } : undefined);
    const dataDir = join(directory.path, 'data');
    const server = await startServer(dataDir, {
      ...clock.environment,
      WAYBILL_SMARTHOST_URL: smarthost.url,
    });
    const jump = async (offset: string, days: number): Promise<void> => {
      clock.set(offset);
      await eventually(`the server lives ${days} days from now`, async () => {
        return Math.abs((await serverTime(server)) - Date.now() - days * DAY_MS) < 60_000;
      });
    };
    const transport = mailProgram(server, demoCredential(server));
    const send = (subject: string): Promise<unknown> =>
      transport.sendMail({ from: 'ann@example.org', to: 'bob@example.net', subject, html: '<p>Hello</p>' });
    try {
      const cookie = await signIn(server);
      const message = await snippet(server, 1);
      const [delivery] = message.deliveries;
      const ledger = newLedger();
      const hit = (name: string): Promise<void> =>
        hitUntil(NEVER, name, [delivery?.pixelUrl ?? ''], ledger, 3);

      await hit('today');
      await send('today');
      await eventually('the first mail is refused for now', async () => smarthost.refused.length > 0);

      await jump('+1d', 1);
      await hit('tomorrow');
      await send('tomorrow');
      await eventually('the second mail is refused for now', async () =>
        smarthost.refused.some((raw) => raw.includes('Subject: tomorrow')),
      );
      await assertSane(server, cookie);

      await jump('-1d', -1);
      smarthost.refuse = () => undefined;
      await hit('yesterday');
      await eventually(
        'both mails go out although they were put off until a day that is far off now',
        async () => {
          const subjects = smarthost.mails.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1]);
          return subjects.includes('today') && subjects.includes('tomorrow');
        },
        60_000,
      );
      await assertSane(server, cookie);

      await eventually('all hits are stored', async () => balance(dataDir, ledger).lost.length === 0, 30_000);
      assert.equal(ledger.hits.size, 9, 'every pixel was answered');
      assert.deepEqual(balance(dataDir, ledger).twice, []);
      assert.deepEqual(duplicateSources(dataDir), []);
      const answer = await server.api(`/api/v1/deliveries/${delivery?.trackingNumber ?? ''}`);
      const { events } = (await answer.json()) as DeliveryDetail;
      const times = events.filter(({ type }) => type === 'opened').map(({ at }) => Date.parse(at));
      assert.equal(times.length, 9);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
        'the timeline is in the order of its times',
      );
      t.diagnostic(
        `9 hits over three days of a clock that was set twice; ${smarthost.mails.length} mails out`,
      );
    } finally {
      transport.close();
      await server.stop();
      await smarthost.close();
    }
  },
);

/** Still signed in, ready, and no metric is what cannot be. */
async function assertSane(server: RunningServer, cookie: string): Promise<void> {
  const session = await fetch(`${server.url}/api/v1/session`, { headers: { cookie } });
  assert.equal(session.status, 200, 'the session goes on');
  assert.equal((await fetch(`${server.edgeUrl}/readyz`)).status, 200);
  for (const [name, value] of await metricsOf(server)) assert.ok(value >= 0, `${name} is ${value}`);
  await eventually('the lag of the hits is small', async () => {
    return ((await metricsOf(server)).get('waybill_hit_lag_seconds') ?? 0) < 60;
  });
}
