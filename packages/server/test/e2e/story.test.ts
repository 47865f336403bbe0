import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import type { CapturedMail, DeliveryDetail, MessageSummary, Page } from '@waybill/sdk';
import type { BrowserContext } from 'playwright-core';
import { chromiumPath, openBrowser } from '../support/browser.ts';
import { demoCredential, mailProgram } from '../support/mail.ts';
import { receiver, smsGateway, type Receiver } from '../support/receivers.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/** An address of a German access network; the place data says Halle, Saxony-Anhalt. */
const READER_IP = '91.10.10.10';
const WEBHOOK_SECRET = `whsec_${Buffer.from('a secret of 24 bytes, ok').toString('base64')}`;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const noBrowser = chromiumPath() === undefined ? 'no Chromium was found (WAYBILL_CHROMIUM names one)' : false;

test('the story: a mail gets a number, is opened, and the sender knows', { skip: noBrowser }, async (t) => {
  await using directory = await temporaryDirectory();
  const stack = new AsyncDisposableStack();
  await using _ = stack;
  const sms = stack.adopt(await smsGateway('AC123', 'token-456'), ({ close }) => close());
  const webhook = stack.adopt(await receiver(() => ({ status: 200, body: {} })), ({ close }) => close());
  const server = stack.adopt(
    await startServer(join(directory.path, 'data'), {
      WAYBILL_TRUSTED_PROXIES: '127.0.0.1/32',
      WAYBILL_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
    }),
    ({ stop }) => stop(),
  );
  const browser = stack.adopt(await openBrowser(join(directory.path, 'profile')), (context) =>
    context.close(),
  );
  await pretendReaderAddress(browser, server);
  await signInWithPrintedLink(t, browser, server);
  await createChannels(server, sms, webhook);
  await submitFromMailProgram(server);
  const [ann, bob] = await bothDeliveries(server);
  await copiesDiffer(server, ann, bob);
  await openInDemoInbox(t, browser, server, ann);
  await timelineTellsEverything(server, ann, bob);
  await everyChannelWasNotified(server, sms, webhook, ann);
  await terminalShowsTheSame(server, ann);
});

/** Only what goes to the edge passes through the pretended proxy; the dashboard is used directly. */
async function pretendReaderAddress(browser: BrowserContext, server: RunningServer): Promise<void> {
  await browser.route(`${server.edgeUrl}/**`, (route) =>
    route.continue({ headers: { ...route.request().headers(), 'x-forwarded-for': READER_IP } }),
  );
}

async function signInWithPrintedLink(
  t: TestContext,
  browser: BrowserContext,
  server: RunningServer,
): Promise<void> {
  const link = /http:\/\/\S+\/welcome\?token=\S+/.exec(server.stdout())?.[0];
  assert.ok(link, `a sign-in link is printed:\n${server.stdout()}`);
  const page = browser.pages()[0] ?? (await browser.newPage());
  await page.goto(link);
  await page.getByLabel('Your name').fill('Sam Sender');
  await page.getByLabel('E-mail').fill('sam@example.org');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.getByRole('button', { name: /start|create|sign in/i }).click();
  await page.getByRole('heading', { name: 'Messages' }).waitFor();
  const again = await fetch(`${server.url}/api/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      token: new URL(link).searchParams.get('token'),
      name: 'Eve',
      email: 'eve@example.org',
      password: 'another long password',
      mode: 'full',
    }),
  });
  assert.ok(again.status >= 400, 'the link is consumed');
  t.diagnostic('signed in with the printed link');
}

async function createChannels(server: RunningServer, sms: Receiver, webhook: Receiver): Promise<void> {
  const configs = [
    {
      name: 'Phone',
      config: {
        kind: 'sms',
        gatewayUrl: sms.url,
        accountSid: 'AC123',
        authToken: 'token-456',
        from: '+491700000001',
        to: '+491700000002',
      },
    },
    { name: 'Hook', config: { kind: 'webhook', url: `${webhook.url}/hook`, secret: WEBHOOK_SECRET } },
    { name: 'Mail', config: { kind: 'email', to: 'sam@example.org' } },
  ];
  const channelIds: string[] = [];
  for (const body of configs) {
    const answer = await post(server, '/api/v1/channels', body);
    channelIds.push(((await answer.json()) as { id: string }).id);
  }
  await post(server, '/api/v1/rules', {
    name: 'Tell me everywhere',
    trigger: 'first-open',
    channelIds,
    enabled: true,
  });
}

async function post(server: RunningServer, path: string, body: unknown): Promise<Response> {
  const answer = await server.api(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer;
}

async function submitFromMailProgram(server: RunningServer): Promise<void> {
  const transport = mailProgram(server, demoCredential(server));
  await transport.sendMail({
    from: 'Sam Sender <sam@example.org>',
    to: ['Ann <ann@example.net>', 'bob@example.net'],
    subject: 'Offer 2026',
    text: 'See our offer.',
    html: '<html><body><h1>Offer</h1><p>See <a href="https://example.org/offer?x=1#part">our offer</a>.</p></body></html>',
    attachments: [{ filename: 'terms.txt', content: 'Terms' }],
  });
  transport.close();
}

async function bothDeliveries(server: RunningServer): Promise<[string, string]> {
  return eventually('both copies are captured', async () => {
    const page = (await (await server.api('/api/v1/messages')).json()) as Page<MessageSummary>;
    const message = page.items.find(({ subject }) => subject === 'Offer 2026');
    const numberOf = (recipient: string): string | undefined =>
      message?.deliveries.find((d) => d.recipient === recipient && d.verdict.state === 'captured')
        ?.trackingNumber;
    const [ann, bob] = [numberOf('ann@example.net'), numberOf('bob@example.net')];
    return ann !== undefined && bob !== undefined ? [ann, bob] : undefined;
  });
}

async function captured(server: RunningServer): Promise<CapturedMail[]> {
  return ((await (await server.api('/api/v1/inbox')).json()) as { items: CapturedMail[] }).items;
}

async function frameHtml(server: RunningServer, trackingNumber: string): Promise<string> {
  return (await server.api(`/api/v1/inbox/${trackingNumber}/frame`)).text();
}

async function copiesDiffer(server: RunningServer, ann: string, bob: string): Promise<void> {
  const addresses = async (number: string): Promise<string[]> =>
    [...(await frameHtml(server, number)).matchAll(/https?:\/\/[^"'\s>]+\/[ol]\/[^"'\s>?.]+/g)].map(
      ([address]) => address,
    );
  const [annUrls, bobUrls] = [await addresses(ann), await addresses(bob)];
  assert.ok(annUrls.length >= 2, 'a pixel and a link');
  for (const url of annUrls) assert.ok(!bobUrls.includes(url), 'each copy has its own');
}

async function openInDemoInbox(
  t: TestContext,
  browser: BrowserContext,
  server: RunningServer,
  ann: string,
): Promise<void> {
  const delivery = await browser.newPage();
  await delivery.goto(`${server.url}/deliveries/${ann}`);
  await delivery.getByText('ann@example.net').first().waitFor();
  const reader = await browser.newPage();
  const pixel = reader.waitForResponse((response) => /\/o\/[^/]+\.gif$/.test(response.url()));
  await reader.goto(`${server.url}/inbox`);
  await reader
    .getByRole('link', { name: /Offer 2026/ })
    .filter({ hasText: 'ann@example.net' })
    .first()
    .click();
  await reader
    .getByText(/demo inbox/i)
    .first()
    .waitFor();
  const response = await pixel;
  assert.equal(response.status(), 200);
  assert.equal(response.request().headers()['cookie'], undefined, 'the mail is shown without cookies');
  const answeredAt = performance.now();
  await eventually('the timeline shows the opening', async () => {
    const detail = await deliveryDetail(server, ann);
    return detail.events.some(({ type }) => type === 'opened');
  });
  const tookMs = performance.now() - answeredAt;
  t.diagnostic(`on the timeline ${Math.round(tookMs)} ms after the pixel was answered`);
  await delivery.getByRole('heading', { name: /^(Probably )?[Rr]ead/ }).waitFor({ timeout: 30_000 });
}

async function deliveryDetail(server: RunningServer, number: string): Promise<DeliveryDetail> {
  return (await (await server.api(`/api/v1/deliveries/${number}`)).json()) as DeliveryDetail;
}

async function timelineTellsEverything(server: RunningServer, ann: string, bob: string): Promise<void> {
  const detail = await deliveryDetail(server, ann);
  const opened = detail.events.find(({ type }) => type === 'opened');
  assert.ok(opened);
  assert.match(opened.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(opened.actor, 'human');
  assert.equal(opened.ip, READER_IP);
  assert.equal(opened.place?.country, 'DE');
  assert.equal(opened.place?.region, 'Saxony-Anhalt');
  assert.equal(opened.place?.city, 'Halle');
  assert.equal(opened.network?.asn, 3320);
  assert.match(opened.network?.owner ?? '', /Telekom/);
  assert.equal(opened.client?.name, 'Chrome');
  assert.equal(opened.client?.os, 'Linux');
  assert.equal(opened.client?.device, 'desktop');
  assert.ok((opened.reasons?.length ?? 0) > 0);
  assert.equal(detail.verdict.state, 'read');

  const other = await deliveryDetail(server, bob);
  assert.equal(other.verdict.state, 'captured', 'the other copy shows no sign of reading');
  assert.ok(!other.events.some(({ type }) => type === 'opened' || type === 'clicked'));
}

async function everyChannelWasNotified(
  server: RunningServer,
  sms: Receiver,
  webhook: Receiver,
  ann: string,
): Promise<void> {
  const text = await eventually('the SMS is sent', async () => sms.requests[0]);
  const form = new URLSearchParams(text.body);
  assert.equal(form.get('To'), '+491700000002');
  assert.match(form.get('Body') ?? '', new RegExp(ann));

  const call = await eventually('the webhook is called', async () => webhook.requests[0]);
  const payload = new Webhook(WEBHOOK_SECRET).verify(call.body, call.headers as Record<string, string>) as {
    type: string;
    data: { trackingNumber: string };
  };
  assert.equal(payload.type, 'delivery.opened');
  assert.equal(payload.data.trackingNumber, ann);

  await eventually('the notification mail is in the demo inbox', async () =>
    (await captured(server)).find(
      ({ recipient, subject }) => recipient === 'sam@example.org' && /ann/i.test(subject),
    ),
  );
  assert.equal(sms.requests.length, 1);
  assert.equal(webhook.requests.length, 1);
}

async function terminalShowsTheSame(server: RunningServer, ann: string): Promise<void> {
  const { status, stdout } = await waybill(server, ['status', ann.toLowerCase()]);
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(ann));
  assert.match(stdout, /read/i);
  assert.match(stdout, /Halle/);
}

function waybill(server: RunningServer, args: string[]): Promise<{ status: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env['PATH'], WAYBILL_DATA_DIR: server.dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.on('close', (status) => resolve({ status, stdout }));
  });
}
