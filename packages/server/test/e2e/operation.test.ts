import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page as Listing, QueuedCopy, SmtpCredential } from '@waybill/sdk';
import type { Page } from 'playwright-core';
import { chromiumPath, openBrowser } from '../support/browser.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const noBrowser =
  chromiumPath() === undefined
    ? (process.env['WAYBILL_TEST_NO_CHROMIUM'] ?? 'no Chromium was found (WAYBILL_CHROMIUM names one)')
    : false;

test(
  'whoever runs it sees what waits and what does not work, and helps from the dashboard and by keyboard',
  { skip: noBrowser },
  async () => {
    await using directory = await temporaryDirectory();
    await using stack = new AsyncDisposableStack();
    const smarthost = stack.adopt(await startSmarthost(), ({ close }) => close());
    smarthost.refuse = (stage) =>
      stage === 'rcpt' ? { code: 451, text: '4.7.1 Greylisted, come back later' } : undefined;
    const server = stack.adopt(
      await startServer(join(directory.path, 'data'), {
        WAYBILL_SMARTHOST_URL: smarthost.url,
        WAYBILL_PUBLIC_URL: 'http://track.example.org',
        // A mailbox that nobody answers for.
        WAYBILL_IMAP_ACCOUNTS: 'imap://ann:pass@127.0.0.1:9/?address=ann@example.org&tls=off',
      }),
      ({ stop }) => stop(),
    );
    const browser = stack.adopt(await openBrowser(join(directory.path, 'profile')), (context) =>
      context.close(),
    );
    const page = browser.pages()[0] ?? (await browser.newPage());
    await signIn(page, server);
    await brokenMailboxIsTold(page);
    await send(server, ['bob@example.net', 'carla@example.net']);
    await waitingCopiesAreShown(page);
    await oneIsTakenOut(page, server);
    smarthost.refuse = () => undefined;
    await theOtherIsTriedNow(page);
    assert.deepEqual(
      smarthost.mails.flatMap(({ to }) => to),
      ['carla@example.net'],
    );
    await sendersAreChanged(page, server);
    await everythingByKeyboard(page, server);
  },
);

async function signIn(page: Page, server: RunningServer): Promise<void> {
  await page.goto(/http:\/\/\S+\/welcome\?token=\S+/.exec(server.stdout())?.[0] ?? '');
  await page.getByLabel('Your name').fill('Ann');
  await page.getByLabel('E-mail').fill('ann@example.org');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.getByRole('button', { name: /set up/i }).click();
  await page.getByRole('heading', { name: 'Messages' }).waitFor();
}

/** On top of a page that has nothing to do with it, and at length where one can help. */
async function brokenMailboxIsTold(page: Page): Promise<void> {
  await page.reload();
  await page.getByRole('link', { name: /mailbox ann@example\.org does not work/ }).click();
  await page.getByText('127.0.0.1:9 cannot be reached: nothing listens there.').waitFor();
  await page.getByText(/tried again by itself/).waitFor();
  await page.getByRole('link', { name: 'System' }).click();
  await page.getByRole('heading', { name: 'One thing needs attention.' }).waitFor();
  await page.getByRole('link', { name: 'General' }).click();
  await page.getByRole('button', { name: 'Hide until the page is loaded anew' }).click();
  assert.equal(await page.getByRole('complementary', { name: 'Needs attention' }).count(), 0);
}

async function send(server: RunningServer, to: string[]): Promise<void> {
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'ann@example.org',
      to,
      subject: 'The parcel',
      html: '<p>Hello</p>',
      send: true,
    }),
  });
  assert.equal(answer.status, 201);
  await eventually('both are put off', async () => {
    const listing = (await (await server.api('/api/v1/queue')).json()) as Listing<QueuedCopy>;
    return listing.items.filter(({ lastError }) => lastError !== null).length === 2;
  });
}

async function waitingCopiesAreShown(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Queue', exact: true }).click();
  await page.getByText(/2 copies waiting\./).waitFor();
  await page.getByText('Greylisted, come back later').first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'The parcel' }).count(), 2);
}

async function oneIsTakenOut(page: Page, server: RunningServer): Promise<void> {
  await page.getByRole('button', { name: 'Take out: “The parcel” to bob@example.net' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it out' }).click();
  await page.getByText(/1 copy waiting\./).waitFor();
  await eventually('its timeline says so', async () =>
    (await (await server.api('/api/v1/messages?query=bob@example.net')).text()).includes('"failed"'),
  );
}

async function theOtherIsTriedNow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try now: “The parcel” to carla@example.net' }).click();
  // What was sent leaves the list when the page asks again.
  await eventually('the queue is empty', async () => {
    await page.reload();
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    return (await page.getByText('Nothing waits.').count()) === 1;
  });
}

async function sendersAreChanged(page: Page, server: RunningServer): Promise<void> {
  await page.getByRole('link', { name: 'Mail programs' }).click();
  await page.getByLabel('Which program is it for?').fill('Thunderbird');
  await page.getByRole('button', { name: 'Create credential' }).click();
  await page.getByText('Copy the password now.').waitFor();
  await page.getByRole('button', { name: 'Change Thunderbird' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Only these addresses/).check();
  await dialog.getByLabel('Addresses or domains').fill('not an address');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog
    .getByText(/must be an address like/)
    .first()
    .waitFor();
  await dialog.getByLabel('Addresses or domains').fill('ann@example.org, @example.net');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Sends only from ann@example.org, @example.net').waitFor();
  const { items } = (await (await server.api('/api/v1/smtp-credentials')).json()) as {
    items: SmtpCredential[];
  };
  const found = items.find(({ label }) => label === 'Thunderbird');
  assert.deepEqual(found?.allowedFrom, ['ann@example.org', '@example.net']);
}

async function everythingByKeyboard(page: Page, server: RunningServer): Promise<void> {
  for (const path of ['/settings/keys', '/rules', '/compose', '/nowhere']) {
    await page.goto(`${server.url}${path}`);
    await page.getByRole('navigation', { name: 'Main' }).first().waitFor();
    await page.evaluate('document.activeElement?.blur()');
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    const find = page.getByRole('combobox', { name: 'Find' });
    await find.fill('queue');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/settings/queue');
  }
  await page.evaluate('document.activeElement?.blur()');
  await page.keyboard.press('/');
  await page.waitForFunction("document.activeElement?.type === 'search'");
}
