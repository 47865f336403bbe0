import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import type { CreatedMessage, DeliveryDetail } from '@waybill/sdk';
import { chromiumPath, openBrowser } from '../support/browser.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const noBrowser =
  chromiumPath() === undefined
    ? (process.env['WAYBILL_TEST_NO_CHROMIUM'] ?? 'no Chromium was found (WAYBILL_CHROMIUM names one)')
    : false;

test(
  'every page can be used with assistive technology and fits a phone, light and dark',
  { skip: noBrowser },
  async (t) => {
    await using directory = await temporaryDirectory();
    await using stack = new AsyncDisposableStack();
    const server = stack.adopt(await startServer(join(directory.path, 'data')), ({ stop }) => stop());
    const browser = stack.adopt(await openBrowser(join(directory.path, 'profile')), (context) =>
      context.close(),
    );
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const page = browser.pages()[0] ?? (await browser.newPage());
    await signIn(page, server);
    const { id, number } = await mailWithSigns(server);
    const paths = [
      '/',
      `/messages/${id}`,
      `/deliveries/${number}`,
      '/live',
      '/recipients',
      '/rules',
      '/settings',
      '/settings/programs',
      '/settings/keys',
      '/settings/mailboxes',
      '/settings/queue',
      '/settings/system',
    ];
    paths.push('/compose', '/inbox', `/inbox/${number}`, '/nowhere');
    let checked = 0;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 800 });
        for (const path of paths) {
          await page.goto(`${server.url}${path}`);
          await page.getByRole('heading', { level: 1 }).first().waitFor();
          await assertUsable(page, axe, `${path}, ${width} px, ${colorScheme}`);
          checked += 1;
        }
      }
    }
    const recipientPage = await recipientPageOf(server, number);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const language of ['en', 'de', 'fr', 'es']) {
        await page.setExtraHTTPHeaders({ 'accept-language': language });
        await page.goto(recipientPage);
        assert.match((await page.locator('html').getAttribute('lang')) ?? '', new RegExp(`^${language}`));
        await assertUsable(page, axe, `the recipient’s page, ${language}, 320 px, ${colorScheme}`);
        checked += 1;
      }
    }
    await page.setExtraHTTPHeaders({});
    // What the top bar says while the live stream is not there must fit too, and for how long it is not, is chance.
    for (const [state, abort] of [
      ['Connecting', false],
      ['Reconnecting', true],
    ] as const) {
      await page.route('**/api/v1/events/stream*', (route) => (abort ? route.abort() : undefined));
      await page.goto(`${server.url}/messages/${id}`);
      await page.getByText(state, { exact: true }).first().waitFor({ state: 'attached' });
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await assertUsable(page, axe, `320 px, ${state}`);
      checked += 1;
      await page.unroute('**/api/v1/events/stream*');
    }
    t.diagnostic(`${checked} states of ${paths.length} pages`);
  },
);

async function signIn(page: Page, server: RunningServer): Promise<void> {
  const link = /http:\/\/\S+\/welcome\?token=\S+/.exec(server.stdout())?.[0] ?? '';
  await page.goto(link);
  await page.getByLabel('Your name').fill('Sam Sender');
  await page.getByLabel('E-mail').fill('sam@example.org');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.getByRole('button', { name: /start|create|sign in/i }).click();
  await page.getByRole('heading', { name: 'Messages' }).waitFor();
}

/** A captured mail that a machine and a person have opened, so that the pages have something to show. */
async function mailWithSigns(server: RunningServer): Promise<{ id: string; number: string }> {
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'Sam Sender <sam@example.org>',
      to: ['a.reader.with.a.very.long.address@subdomain.example.net', 'bob@example.net'],
      subject: 'A subject that is much longer than any phone is wide, so that it has to be cut or wrapped',
      html: '<p>Hello <a href="https://example.org/a/very/long/path/that/goes/on?and=on">there</a></p>',
      send: true,
    }),
  });
  const { id, deliveries } = (await answer.json()) as CreatedMessage;
  const [first] = deliveries;
  assert.ok(first?.pixelUrl);
  await eventually('the mail is captured', async () =>
    (await (await server.api(`/api/v1/deliveries/${first.trackingNumber}`)).text()).includes('"captured"'),
  );
  for (const agent of [
    'curl/8.5.0',
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.1',
  ]) {
    await fetch(first.pixelUrl, { headers: { 'user-agent': agent } });
  }
  await eventually('both are on the timeline', async () => {
    const text = await (await server.api(`/api/v1/deliveries/${first.trackingNumber}`)).text();
    return text.split('"opened"').length === 3;
  });
  return { id, number: first.trackingNumber };
}

async function recipientPageOf(server: RunningServer, number: string): Promise<string> {
  const answer = await server.api(`/api/v1/deliveries/${number}`);
  const { recipientPageUrl } = (await answer.json()) as DeliveryDetail;
  assert.ok(recipientPageUrl !== null);
  return recipientPageUrl;
}

async function assertUsable(page: Page, axe: string, what: string): Promise<void> {
  await page.evaluate(axe);
  const results = await page.evaluate<AxeResults>(
    "axe.run(document, { resultTypes: ['violations'], iframes: false })",
  );
  const violations = results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help} (${nodes[0]?.html ?? ''})`,
  );
  assert.deepEqual(violations, [], what);
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.ok(Number(overflow) <= 0, `${what}: ${String(overflow)} px wider than the window`);
}
