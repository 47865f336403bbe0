import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { DeliveryDetail, RecipientSummary } from '@waybill/sdk';
import type { TrackingNumber } from '../../src/kernel/ids.ts';
import { Retention } from '../../src/privacy/privacy.ts';
import { randomHex, startApi } from '../support/api-server.ts';
import type { SeededDelivery } from '../support/seeded-mails.ts';

const TORTURE = `<script>alert("x")</script>'&amp;`;

test('the page tells the recipient what is recorded, without scripts or anything to load', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant, { subject: TORTURE });
  assert.ok(delivery !== undefined);
  await server.addEvent(delivery, {
    actor: 'human',
    ip: '198.51.100.7',
    place: { grain: 'city', country: 'DE', region: 'Bavaria', city: 'Munich' },
    client: { name: 'Thunderbird', version: '140', os: 'Windows' },
  });
  await server.addEvent(delivery, { actor: 'scanner' });
  const answer = await fetch(`${server.url}${delivery.page}`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
  assert.equal(answer.headers.get('set-cookie'), null);
  const policy = answer.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/);
  const page = await answer.text();
  const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  assert.ok(policy.includes(`'sha256-${hash}'`), 'the policy lets the style in');
  for (const text of [
    'Ann &lt;ann@example.org&gt;',
    'bob@example.net',
    '23 November 2026 at 12:00 UTC',
    '198.51.100.7',
    'Munich, Bavaria, Germany',
    'Thunderbird 140 on Windows',
    'security check',
    'After 30 days',
  ]) {
    assert.ok(page.includes(text), text);
  }
  assert.ok(page.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;amp;'));
  assert.doesNotMatch(page, /<script|<img|<link|<iframe|src=|@import|url\(/);
  assert.match(page, /<form method="post"><button/);
});

test('the page speaks the language of the browser, with times and countries in it, and so does the answer', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const place = { grain: 'city', country: 'DE', city: 'Munich' } as const;
  await server.addEvent(delivery, { actor: 'human', place, client: { name: 'Thunderbird', os: 'Windows' } });
  const read = async (language: string, method = 'GET') => {
    const headers = { 'accept-language': language };
    return (await fetch(`${server.url}${delivery.page}`, { method, headers })).text();
  };
  for (const [language, ...texts] of [
    ['de-AT', '<html lang="de">', '23. November 2026', 'Munich, Deutschland', 'Thunderbird unter Windows'],
    [
      'fr',
      '<html lang="fr">',
      '23 novembre 2026',
      'Lieu\u00a0: Munich, Allemagne',
      'Arrêter l’enregistrement',
    ],
    ['es-MX', '<html lang="es">', '23 de noviembre de 2026', 'Munich, Alemania', 'Detener el registro'],
    ['ja', '<html lang="en-GB">', '23 November 2026', 'Munich, Germany', 'Stop recording'],
  ] as const) {
    const page = await read(language);
    for (const text of texts) assert.ok(page.includes(text), `${language}: ${text}`);
  }
  assert.match(await read('de', 'POST'), /Sie haben am 23\. November 2026 um 12:00 UTC widersprochen\./);
});

test('an objection is recorded for the address, its deliveries are denied at the edge, and repeating it changes nothing', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant, { recipients: ['Bob@example.net'] });
  const [earlier] = await server.seed(server.tenant, { recipients: ['bob@example.net'] });
  const [other] = await server.seed(server.tenant, { recipients: ['carol@example.net'] });
  assert.ok(delivery !== undefined && earlier !== undefined && other !== undefined);
  const object = () =>
    fetch(`${server.url}${delivery.page}`, { method: 'POST', body: new URLSearchParams({ anything: 'x' }) });
  const first = await object();
  assert.equal(first.status, 200);
  assert.match(await first.text(), /You objected on 23 November 2026/);
  assert.equal(server.edge.pushes, 1);
  server.clock.now += 60_000;
  const again = await object();
  assert.equal(again.status, 200);
  assert.match(await again.text(), /You objected on 23 November 2026 at 12:00 UTC/);
  const denied = await server.denied();
  assert.deepEqual(denied.map(({ target }) => target).sort(), [delivery.id, earlier.id].sort());
  assert.ok(denied.every(({ effect, kind }) => effect === 'silent' && kind === 'delivery'));
  const objected = await server.privacyStore.objectedAmong(server.tenant.workspaceId, [
    'BOB@example.net',
    'carol@example.net',
  ]);
  assert.deepEqual([...objected], ['bob@example.net']);
  const detail = (await (
    await server.fetch(`/api/v1/deliveries/${delivery.trackingNumber}`)
  ).json()) as DeliveryDetail;
  assert.equal(detail.events.filter(({ type }) => type === 'objected').length, 1);
  assert.equal(detail.verdict.state, 'objected');
  await server.timeline.settle();
  const numberOf = (seeded: SeededDelivery) => seeded.trackingNumber as TrackingNumber;
  const earlierNow = await server.stats.delivery(server.tenant.workspaceId, numberOf(earlier));
  assert.equal(earlierNow?.verdict.state, 'objected');
  assert.ok(earlierNow.events.every(({ type }) => type !== 'objected'));
  const otherNow = await server.stats.delivery(server.tenant.workspaceId, numberOf(other));
  assert.equal(otherNow?.verdict.state, 'queued');
  const recipients = (await (await server.fetch('/api/v1/recipients')).json()) as {
    items: RecipientSummary[];
  };
  const objectedAt = Object.fromEntries(recipients.items.map((item) => [item.address, item.objectedAt]));
  assert.deepEqual(objectedAt, {
    'Bob@example.net': '2026-11-23T12:00:00.000Z',
    'bob@example.net': '2026-11-23T12:00:00.000Z',
    'carol@example.net': null,
  });
  const page = await (await fetch(`${server.url}${delivery.page}`)).text();
  assert.doesNotMatch(page, /<form/);
});

test('while the edge is away, the page says that the objection is stored but not in force, and later that it is', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  server.edge.isReachable = false;
  const pending = await fetch(`${server.url}${delivery.page}`, { method: 'POST' });
  assert.equal(pending.status, 202);
  assert.match(await pending.text(), /Your objection is stored/);
  assert.equal((await server.denied()).length, 1);
  server.edge.isReachable = true;
  const done = await fetch(`${server.url}${delivery.page}`, { method: 'POST' });
  assert.equal(done.status, 200);
});

for (const [what, path] of [
  ['a forged token', '/r/nonsense'],
  ['an unknown delivery', `/r/1-${randomHex()}`],
] as const) {
  test(`${what} gets a kind page and no objection`, async (t) => {
    const server = await startApi(t);
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(`${server.url}${path}`, { method });
      assert.equal(answer.status, 404);
      assert.match(await answer.text(), /Nothing to show/);
    }
    assert.deepEqual(await server.engine.db.selectFrom('objections').selectAll().execute(), []);
  });
}

test("a page of another workspace's number does not open", async (t) => {
  const server = await startApi(t);
  const other = await server.newTenant();
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const answer = await fetch(`${server.url}/r/${other.workspaceId}-${delivery.id}`);
  assert.equal(answer.status, 404);
});

test('a page of a whole message shows counts and says that there is nobody to object for', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant, { mode: 'aggregate' });
  assert.ok(delivery !== undefined);
  await server.addEvent(delivery);
  const path = `/r/${server.tenant.workspaceId}-${delivery.messageId}`;
  const page = await (await fetch(`${server.url}${path}`)).text();
  assert.match(page, /opened once/);
  assert.doesNotMatch(page, /<form|bob@example\.net/);
  assert.equal((await fetch(`${server.url}${path}`, { method: 'POST' })).status, 200);
  assert.deepEqual(await server.engine.db.selectFrom('objections').selectAll().execute(), []);
});

test('addresses and places become coarse when their days are over, and only then', async (t) => {
  const server = await startApi(t);
  const day = 86_400_000;
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const place = {
    grain: 'city',
    country: 'DE',
    region: 'Bavaria',
    city: 'Munich',
    latitude: 48.1,
    longitude: 11.6,
  };
  const old = server.clock.now - 31 * day;
  for (let n = 0; n < 1200; n += 1) {
    await server.addEvent(delivery, {
      at: old + n,
      ip: n % 2 === 0 ? `198.51.100.${n % 256}` : `2001:db8:1:2::${n}`,
      place,
    });
  }
  await server.addEvent(delivery, { at: server.clock.now - 29 * day, ip: '198.51.100.77', place });
  const keeper = await server.newTenant();
  await server.engine.db
    .updateTable('workspaces')
    .set({ address_retention_days: null })
    .where('id', '=', keeper.workspaceId)
    .execute();
  const [kept] = await server.seed(keeper);
  assert.ok(kept !== undefined);
  await server.addEvent(kept, { at: old, ip: '198.51.100.77', place });
  await server.engine.db
    .insertInto('hits')
    .values({
      epoch: 'e-1',
      seq: 7,
      workspace_id: server.tenant.workspaceId,
      delivery_id: delivery.id,
      message_id: delivery.messageId,
      kind: 'open',
      link_index: null,
      url: null,
      at: old,
      method: 'GET',
      ip: '198.51.100.9',
      headers: '{}',
      mode: 'full',
    })
    .execute();
  const retention = new Retention({ store: server.privacyStore, clock: () => server.clock.now });
  assert.equal(await retention.run(), 1201);
  assert.equal(await retention.run(), 0);
  const rows = await server.engine.db
    .selectFrom('events')
    .select(['at', 'ip', 'place', 'workspace_id'])
    .where('type', '=', 'opened')
    .execute();
  for (const row of rows) {
    const isKept = row.workspace_id !== server.tenant.workspaceId || row.at > old + 5000;
    if (isKept) {
      assert.equal(row.ip, '198.51.100.77');
      assert.deepEqual(JSON.parse(row.place ?? ''), place);
    } else {
      assert.ok(row.ip === '198.51.100.0' || row.ip === '2001:db8:1::', row.ip ?? '');
      assert.deepEqual(JSON.parse(row.place ?? ''), { grain: 'region', country: 'DE', region: 'Bavaria' });
    }
  }
  const hits = await server.engine.db.selectFrom('hits').select('ip').execute();
  assert.deepEqual(hits, [{ ip: '198.51.100.0' }]);
});
