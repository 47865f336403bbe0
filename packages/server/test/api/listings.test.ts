import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  CapturedMail,
  DeliveryDetail,
  Message,
  MessageSummary,
  Overview,
  Page,
  RecipientSummary,
  StreamEvent,
} from '@waybill/sdk';
import { json, MAIL, startApi, type ApiServer } from '../support/api-server.ts';

async function read<T>(server: ApiServer, path: string): Promise<T> {
  const answer = await server.fetch(path);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as T;
}

/** All items of a listing, page by page. */
async function readAll<T>(server: ApiServer, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const separator = path.includes('?') ? '&' : '?';
    const page: Page<T> = await read(
      server,
      cursor === null ? path : `${path}${separator}cursor=${encodeURIComponent(cursor)}`,
    );
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

test('paging shows every message once, newest first, also with equal times and while new ones arrive', async (t) => {
  const server = await startApi(t);
  for (let n = 0; n < 23; n += 1) {
    await server.seed(server.tenant, { subject: `Mail ${n}`, at: 1_000_000 + Math.floor(n / 5) });
  }
  const first = await read<Page<MessageSummary>>(server, '/api/v1/messages?limit=5');
  await server.seed(server.tenant, { subject: 'Newer', at: 2_000_000 });
  const all = await readAll<MessageSummary>(server, '/api/v1/messages?limit=5');
  assert.equal(all.length, 24);
  assert.equal(new Set(all.map(({ id }) => id)).size, 24);
  const times = all.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, times.toSorted().toReversed());
  const second = await read<Page<MessageSummary>>(
    server,
    `/api/v1/messages?limit=5&cursor=${first.nextCursor ?? ''}`,
  );
  assert.deepEqual(
    second.items.map(({ id }) => id),
    all.slice(6, 11).map(({ id }) => id),
  );
});

for (const [what, query, found] of [
  ['part of a subject in another case', 'OFFER', ['The offer']],
  ['part of a recipient', 'carol@', ['Über uns']],
  ['part of the sender', 'zoe', ['Über uns']],
  ['letters beyond ASCII in another case', 'ÜBER', ['Über uns']],
  ['letters beyond ASCII in small letters', 'über', ['Über uns']],
  ['a percent sign as what it is', '100%', ['100% sure']],
  ['an underscore as what it is', '_', []],
  ['a backslash as what it is', '\\', []],
  ['a quote', "'", []],
] as const) {
  test(`messages are found by ${what}`, async (t) => {
    const server = await startApi(t);
    await server.seed(server.tenant, { subject: 'The offer' });
    await server.seed(server.tenant, { subject: '100% sure' });
    await server.seed(server.tenant, {
      subject: 'Über uns',
      from: 'Zoe <zoe@example.org>',
      recipients: ['carol@example.net'],
    });
    const page = await read<Page<MessageSummary>>(
      server,
      `/api/v1/messages?query=${encodeURIComponent(query)}`,
    );
    assert.deepEqual(
      page.items.map(({ subject }) => subject),
      found,
    );
  });
}

test('messages are found by a tracking number in any spelling, by state and by mode', async (t) => {
  const server = await startApi(t);
  const [wanted] = await server.seed(server.tenant, { subject: 'Wanted', mode: 'day' });
  await server.seed(server.tenant, { subject: 'Other' });
  assert.ok(wanted !== undefined);
  const spelled = wanted.trackingNumber.toLowerCase().replaceAll('-', ' ');
  await server.engine.db
    .updateTable('deliveries')
    .set({ verdict_state: 'read' })
    .where('id', '=', wanted.id)
    .execute();
  for (const query of [`query=${encodeURIComponent(spelled)}`, 'state=read', 'mode=day']) {
    const page = await read<Page<MessageSummary>>(server, `/api/v1/messages?${query}`);
    assert.deepEqual(
      page.items.map(({ subject }) => subject),
      ['Wanted'],
      query,
    );
  }
});

test('a message and its deliveries are shown exactly as the contract says', async (t) => {
  const server = await startApi(t);
  const [bob, carol] = await server.seed(server.tenant, {
    recipients: ['bob@example.net', 'carol@example.net'],
    links: ['https://example.org/1', 'https://example.org/2'],
  });
  assert.ok(bob !== undefined && carol !== undefined);
  await server.engine.db
    .updateTable('deliveries')
    .set({ pixel_url: null, untouched_code: 'signed', untouched_text: 'It is signed.' })
    .where('id', '=', carol.id)
    .execute();
  await server.addEvent(bob, {
    type: 'clicked',
    actor: 'human',
    ip: '198.51.100.7',
    link: 'https://example.org/2',
    place: { grain: 'city', country: 'DE', city: 'Munich' },
    client: { name: 'Thunderbird' },
  });
  await server.addEvent(bob, { type: 'clicked', actor: 'scanner', link: 'https://example.org/1' });
  const message = await read<Message>(server, `/api/v1/messages/${bob.messageId}`);
  assert.deepEqual(message.links, ['https://example.org/1', 'https://example.org/2']);
  assert.deepEqual(message.deliveries[1], {
    trackingNumber: carol.trackingNumber,
    recipient: 'carol@example.net',
    pixelUrl: null,
    untouchedBecause: 'It is signed.',
    verdict: message.deliveries[1]?.verdict,
  });
  const delivery = await read<DeliveryDetail>(
    server,
    `/api/v1/deliveries/${bob.trackingNumber.toLowerCase().replaceAll('-', '')}`,
  );
  assert.deepEqual(
    delivery.events.map(({ type }) => type),
    ['accepted', 'clicked', 'clicked'],
  );
  assert.deepEqual(delivery.events[1], {
    at: '2026-11-23T12:00:00.000Z',
    type: 'clicked',
    actor: 'human',
    confidence: 0.9,
    place: { grain: 'city', country: 'DE', city: 'Munich' },
    client: { name: 'Thunderbird' },
    ip: '198.51.100.7',
    link: 'https://example.org/2',
  });
  assert.deepEqual(delivery.links, [
    { url: 'https://example.org/1', clicks: 0 },
    { url: 'https://example.org/2', clicks: 1 },
  ]);
  assert.equal(delivery.recipientPageUrl, `http://edge.test${bob.page}`);
});

test('events are paged newest first, by cursor and by position', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  for (let n = 0; n < 9; n += 1) await server.addEvent(delivery);
  const all = await readAll<StreamEvent>(server, '/api/v1/events?limit=3');
  const positions = all.map(({ position }) => Number(position));
  assert.equal(positions.length, 10);
  assert.deepEqual(
    positions,
    positions.toSorted((a, b) => b - a),
  );
  const before = await read<Page<StreamEvent>>(server, `/api/v1/events?limit=2&before=${positions[4]}`);
  assert.deepEqual(
    before.items.map(({ position }) => Number(position)),
    positions.slice(5, 7),
  );
});

test('recipients are summed up, the latest first', async (t) => {
  const server = await startApi(t);
  for (let n = 0; n < 7; n += 1) {
    await server.seed(server.tenant, {
      recipients: ['bob@example.net', `r${n}@example.net`],
      at: 1_000_000 + n * 1000,
    });
  }
  const all = await readAll<RecipientSummary>(server, '/api/v1/recipients?limit=3');
  assert.deepEqual(
    all.map(({ address }) => address),
    ['bob@example.net', ...[6, 5, 4, 3, 2, 1, 0].map((n) => `r${n}@example.net`)],
  );
  assert.equal(all[0]?.deliveries, 7);
  assert.deepEqual(all[0]?.states, { queued: 7 });
  const found = await read<Page<RecipientSummary>>(server, '/api/v1/recipients?query=R3');
  assert.deepEqual(
    found.items.map(({ address }) => address),
    ['r3@example.net'],
  );
});

test('the overview counts people apart from machines, day by day', async (t) => {
  const server = await startApi(t);
  const day = 86_400_000;
  const [delivery] = await server.seed(server.tenant, { recipients: ['a@example.net', 'b@example.net'] });
  assert.ok(delivery !== undefined);
  await server.seed(server.tenant, { at: server.clock.now - 40 * day });
  for (const [actor, at] of [
    ['human', server.clock.now],
    ['human-via-proxy', server.clock.now - day],
    ['scanner', server.clock.now],
    ['prefetch', server.clock.now],
    ['self', server.clock.now],
    ['human', server.clock.now - 40 * day],
  ] as const) {
    await server.addEvent(delivery, { actor, at });
  }
  const overview = await read<Overview>(server, '/api/v1/overview?days=3');
  assert.deepEqual(overview, {
    sinceDays: 3,
    messages: 1,
    deliveries: 2,
    states: { queued: 2 },
    read: { of: 0, atLeast: 0, atMost: 0, signs: 0, machinesOnly: 0, untouched: 0, noSign: 0 },
    days: [
      { day: '2026-11-21', people: 0, machines: 0 },
      { day: '2026-11-22', people: 1, machines: 0 },
      { day: '2026-11-23', people: 1, machines: 2 },
    ],
  });
});

test('a message and a month say at least how many copies were read, and at most how many', async (t) => {
  const server = await startApi(t);
  const recipients = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.net`);
  const deliveries = await server.seed(server.tenant, { recipients });
  const known: [state: string, confidence: number, untouched: string | null][] = [
    ['replied', 1, null],
    ['probably-read', 0.8, null],
    ['loaded', 0.95, null],
    ['sent', 1, 'It is signed.'],
    ['bounced', 1, null],
  ];
  for (const [i, [state, confidence, untouched]] of known.entries()) {
    await server.engine.db
      .updateTable('deliveries')
      .set({ verdict_state: state, verdict_confidence: confidence })
      .set({ untouched_code: untouched === null ? null : 'signed', untouched_text: untouched })
      .where('tracking_number', '=', deliveries[i]?.trackingNumber ?? '')
      .execute();
  }
  const interval = { of: 4, atLeast: 1, atMost: 4, signs: 2, machinesOnly: 1, untouched: 1, noSign: 0 };
  const message = await read<Message>(server, `/api/v1/messages/${deliveries[0]?.messageId ?? ''}`);
  assert.deepEqual(message.read, interval);
  const list = await read<Page<MessageSummary>>(server, '/api/v1/messages');
  assert.deepEqual(list.items[0]?.read, interval);
  const overview = await read<Overview>(server, '/api/v1/overview?days=30');
  assert.deepEqual(overview.read, interval);
  assert.deepEqual(overview.states, { replied: 1, 'probably-read': 1, loaded: 1, sent: 1, bounced: 1 });
});

test('an aggregate message has counts, and no delivery shows them', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant, { mode: 'aggregate' });
  assert.ok(delivery !== undefined);
  await server.addEvent(delivery);
  await server.addEvent(delivery);
  await server.engine.db
    .updateTable('events')
    .set({ delivery_id: null })
    .where('type', '=', 'opened')
    .execute();
  const message = await read<Message>(server, `/api/v1/messages/${delivery.messageId}`);
  assert.deepEqual(message.counts, { opened: 2, clicked: 0 });
  const detail = await read<DeliveryDetail>(server, `/api/v1/deliveries/${delivery.trackingNumber}`);
  assert.deepEqual(
    detail.events.map(({ type }) => type),
    ['accepted'],
  );
});

test('the demo inbox shows a captured mail in a sandbox, its pictures inline, and its own mails too', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const capture = (id: string, raw: string, trackingNumber: string | null) =>
    server.engine.db
      .insertInto('captured')
      .values({
        id,
        workspace_id: server.tenant.workspaceId,
        delivery_id: null,
        tracking_number: trackingNumber,
        recipient: 'bob@example.net',
        from_address: 'ann@example.org',
        subject: id,
        raw: Buffer.from(raw),
        captured_at: id === 'html' ? 1 : 2,
      })
      .execute();
  const html = [
    'Subject: html',
    'MIME-Version: 1.0',
    'Content-Type: multipart/related; boundary=b',
    '',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<!doctype html><html><head><title>t</title></head><body><a href="http://x.test">x</a><img src="cid:1@x"><img src="http://edge.test/o/t.gif"><script>alert(1)</script></body></html>',
    '--b',
    'Content-Type: image/gif',
    'Content-ID: <1@x>',
    'Content-Transfer-Encoding: base64',
    '',
    'R0lGODlhAQABAAAAACw=',
    '--b--',
  ].join('\r\n');
  await capture('html', html, delivery.trackingNumber);
  await capture('own', 'Subject: own\r\n\r\n<b>1 & 2</b>', null);
  const inbox = await read<Page<CapturedMail>>(server, '/api/v1/inbox');
  assert.deepEqual(
    inbox.items.map(({ id, trackingNumber }) => [id, trackingNumber]),
    [
      ['own', null],
      ['html', delivery.trackingNumber],
    ],
  );
  for (const listed of inbox.items) {
    assert.deepEqual(await read<CapturedMail>(server, `/api/v1/inbox/${listed.id}`), listed);
  }
  const byNumber = await read<CapturedMail>(server, `/api/v1/inbox/${delivery.trackingNumber}`);
  assert.equal(byNumber.trackingNumber, delivery.trackingNumber);
  assert.equal((await server.fetch('/api/v1/inbox/nothing')).status, 404);
  const frame = await server.fetch(`/api/v1/inbox/${delivery.trackingNumber}/frame`);
  const policy = frame.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^sandbox allow-popups allow-popups-to-escape-sandbox;/);
  assert.doesNotMatch(policy, /allow-scripts|allow-same-origin|script-src/);
  assert.match(policy, /frame-ancestors 'self'/);
  assert.equal(frame.headers.get('referrer-policy'), 'no-referrer');
  const page = await frame.text();
  assert.match(page, /<head><base target="_blank">/);
  assert.match(page, /src="data:image\/gif;base64,R0lGODlhAQABAAAAACw="/);
  assert.match(page, /src="http:\/\/edge\.test\/o\/t\.gif"/);
  const own = await (await server.fetch('/api/v1/inbox/own/frame')).text();
  assert.match(own, /&lt;b&gt;1 &amp; 2&lt;\/b&gt;/);
});

test('a mail is accepted, found at its Location and marked as sent once', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/messages', json({ ...MAIL, send: false }));
  assert.equal(answer.status, 201);
  const message = await read<Message>(server, answer.headers.get('location') ?? '');
  assert.equal(message.sentAt, null);
  const sent = () => server.fetch(`/api/v1/messages/${message.id}/sent`, { method: 'POST' });
  assert.deepEqual(await (await sent()).json(), { id: message.id, sentAt: '2026-11-23T12:00:00.000Z' });
  server.clock.now += 60_000;
  assert.deepEqual(await (await sent()).json(), { id: message.id, sentAt: '2026-11-23T12:00:00.000Z' });
});

test('a channel keeps its secret to itself, and a rule is made, changed and deleted', async (t) => {
  const server = await startApi(t);
  const config = { kind: 'webhook', url: 'http://127.0.0.1:8080/hook' };
  const created = await server.fetch('/api/v1/channels', json({ name: 'Hook', config }));
  assert.equal(created.status, 201);
  const channel = (await created.json()) as { id: string; config: { secret: string } };
  assert.match(channel.config.secret, /^whsec_/);
  const listed = await (await server.fetch('/api/v1/channels')).text();
  assert.ok(!listed.includes(channel.config.secret));
  const bad = await server.fetch(
    '/api/v1/channels',
    json({ name: 'Hook', config: { kind: 'webhook', url: 'ftp://x' } }),
  );
  assert.equal(bad.status, 400);
  assert.match(await bad.text(), /"field":"config\.url"/);
  const rule = await server.fetch(
    '/api/v1/rules',
    json({ name: 'Clicks', trigger: 'click', channelIds: [channel.id], enabled: true }),
  );
  assert.equal(rule.status, 201);
  const { id } = (await rule.json()) as { id: string };
  const changed = await server.fetch(`/api/v1/rules/${id}`, { method: 'PATCH', body: '{"enabled":false}' });
  assert.equal(((await changed.json()) as { enabled: boolean }).enabled, false);
  assert.equal((await server.fetch(`/api/v1/channels/${channel.id}`, { method: 'DELETE' })).status, 204);
  const rules = await read<{ items: { channelIds: string[] }[] }>(server, '/api/v1/rules');
  assert.deepEqual(rules.items[0]?.channelIds, []);
  assert.equal((await server.fetch(`/api/v1/rules/${id}`, { method: 'DELETE' })).status, 204);
  assert.equal((await server.fetch(`/api/v1/rules/${id}`, { method: 'DELETE' })).status, 404);
});

test('the workspace changes only in what is given', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/workspace', {
    method: 'PATCH',
    body: JSON.stringify({ mode: 'day', addressRetentionDays: null }),
  });
  assert.equal(answer.status, 200);
  const workspace = (await answer.json()) as Record<string, unknown>;
  assert.equal(workspace['mode'], 'day');
  assert.equal(workspace['addressRetentionDays'], null);
  assert.equal(workspace['disclosure'], 'none');
  const bad = await server.fetch('/api/v1/workspace', {
    method: 'PATCH',
    body: '{"addressRetentionDays":0.5}',
  });
  assert.equal(bad.status, 400);
});
