import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type {
  DeliveryDetail,
  Event,
  MessageSummary,
  Overview,
  Page,
  RecipientSummary,
  StreamEvent,
} from '@waybill/sdk';
import type { Engine } from '../../src/storage/engine.ts';
import { defaultsFor } from '../../src/notify/notify.ts';
import { inSlices } from '../../src/kernel/slices.ts';
import { Retention } from '../../src/privacy/privacy.ts';
import { EVENTS_AT_ONCE } from '../../src/stats/stats.ts';
import { StoredIdempotency } from '../../src/storage/idempotency-store.ts';
import { insertDefaults } from '../../src/storage/notify-store.ts';
import { json, MAIL, signedIn, startApi, type ApiServer } from '../support/api-server.ts';

/** What the API's stores must do on every engine: accounts, keys, read models, privacy, idempotency. */
export function testApiStores(
  name: string,
  options: { open: () => Promise<Engine>; skip?: string | false },
): void {
  const skip = options.skip ?? false;
  const start = (t: TestContext) => startApi(t, { open: options.open });
  const read = async <T>(server: ApiServer, path: string): Promise<T> =>
    (await (await server.fetch(path)).json()) as T;

  test(`${name}: of concurrent set-ups with different links, one makes the user`, { skip }, async (t) => {
    const server = await start(t);
    const links = await Promise.all([1, 2, 3, 4].map(() => server.accounts.createSignInLink(server.url)));
    const outcomes = await Promise.allSettled(
      links.map((link, n) =>
        server.accounts.setUp({
          token: new URL(link ?? '').searchParams.get('token') ?? '',
          name: 'Ann',
          email: `ann${n}@example.org`,
          password: 'correct horse battery',
          mode: 'full',
          ip: null,
        }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await server.engine.db.selectFrom('users').selectAll().execute()).length, 1);
  });

  test(`${name}: the first user and what their workspace begins with are one`, { skip }, async (t) => {
    let fails = true;
    const server = await startApi(t, {
      open: options.open,
      beginWith: async (trx, user) => {
        await insertDefaults(
          trx,
          user.workspaceId,
          defaultsFor(user.email, () => 0),
        );
        if (fails) throw new Error('the process dies here');
      },
    });
    await assert.rejects(signedIn(server), /dies here/);
    for (const table of ['users', 'channels', 'rules', 'sessions'] as const) {
      assert.deepEqual(await server.engine.db.selectFrom(table).selectAll().execute(), [], table);
    }
    fails = false;
    await signedIn(server);
    for (const table of ['users', 'channels', 'rules'] as const) {
      assert.equal((await server.engine.db.selectFrom(table).selectAll().execute()).length, 1, table);
    }
  });

  test(
    `${name}: sessions, keys and credentials are found, renewed, revoked and forgotten`,
    { skip },
    async (t) => {
      const server = await start(t);
      const cookie = await signedIn(server);
      const session = () => server.fetch('/api/v1/session', { key: '', headers: { cookie } });
      assert.equal((await session()).status, 200);
      server.clock.now += 40 * 86_400_000;
      await server.api.housekeep();
      assert.deepEqual(await server.engine.db.selectFrom('sessions').selectAll().execute(), []);
      assert.equal((await session()).status, 401);
      await server.accounts.ensureDemoCredential('demo', 'one');
      await server.accounts.ensureDemoCredential('demo', 'two');
      assert.equal(await server.accounts.secrets.verify('demo', 'one'), undefined);
      assert.equal((await server.accounts.secrets.verify('demo', 'two'))?.credentialId, 'demo');
      assert.equal((await server.fetch('/api/v1/smtp-credentials/demo', { method: 'DELETE' })).status, 204);
      assert.equal(await server.accounts.secrets.verify('demo', 'two'), undefined);
    },
  );

  test(`${name}: concurrent requests with one idempotency key accept one mail`, { skip }, async (t) => {
    const server = await start(t);
    const send = () =>
      server.fetch('/api/v1/messages', { ...json(MAIL), headers: { 'idempotency-key': 'order-1' } });
    const statuses = (await Promise.all(Array.from({ length: 8 }, send))).map(({ status }) => status);
    assert.ok(statuses.includes(201) && statuses.every((status) => status === 201 || status === 409));
    assert.equal((await send()).headers.get('idempotent-replayed'), 'true');
    assert.equal(server.accepted(), 1);
  });

  test(`${name}: idempotency keys are forgotten after a day, however many there are`, { skip }, async (t) => {
    const server = await start(t);
    const store = new StoredIdempotency(server.engine);
    const { workspaceId } = server.tenant;
    for (let n = 0; n < 1_200; n++) {
      await store.claim(workspaceId, `key-${n}`, { requestHash: 'x', createdAt: 1_000 + n, owner: 'a' });
    }
    assert.equal(await store.deleteBefore(2_000, 500), 500);
    assert.equal(await inSlices((limit) => store.deleteBefore(2_000, limit)), 500);
    const rows = await server.engine.db.selectFrom('idempotency_keys').select('created_at').execute();
    assert.equal(rows.length, 200);
    assert.ok(rows.every((row) => row.created_at >= 2_000));
  });

  test(`${name}: read models page, search and sum up`, { skip }, async (t) => {
    const server = await start(t);
    const [offer] = await server.seed(server.tenant, { subject: '100% Übung', at: server.clock.now - 1000 });
    await server.seed(server.tenant, {
      subject: '1000 other',
      recipients: ['carol@example.net', 'bob@example.net'],
    });
    assert.ok(offer !== undefined);
    await server.addEvent(offer, { actor: 'human', ip: '198.51.100.7' });
    await server.addEvent(offer, { actor: 'scanner' });
    for (const query of ['100%', 'übung', 'ÜBUNG', offer.trackingNumber.toLowerCase()]) {
      const found = await read<Page<MessageSummary>>(
        server,
        `/api/v1/messages?query=${encodeURIComponent(query)}`,
      );
      assert.deepEqual(
        found.items.map(({ subject }) => subject),
        ['100% Übung'],
        query,
      );
    }
    const first = await read<Page<MessageSummary>>(server, '/api/v1/messages?limit=1');
    const second = await read<Page<MessageSummary>>(
      server,
      `/api/v1/messages?limit=1&cursor=${first.nextCursor}`,
    );
    assert.deepEqual([first.items[0]?.subject, second.items[0]?.subject], ['1000 other', '100% Übung']);
    assert.equal(second.nextCursor, null);
    const recipients = await read<Page<RecipientSummary>>(server, '/api/v1/recipients?limit=1');
    assert.deepEqual(
      recipients.items.map(({ address, deliveries }) => [address, deliveries]),
      [['bob@example.net', 2]],
    );
    const next = await read<Page<RecipientSummary>>(
      server,
      `/api/v1/recipients?limit=1&cursor=${recipients.nextCursor}`,
    );
    assert.deepEqual(
      next.items.map(({ address }) => address),
      ['carol@example.net'],
    );
    const overview = await read<Overview>(server, '/api/v1/overview?days=1');
    assert.deepEqual(overview.days, [{ day: '2026-11-23', people: 1, machines: 1 }]);
    assert.deepEqual([overview.messages, overview.deliveries], [2, 3]);
    const events = await read<Page<StreamEvent>>(server, '/api/v1/events');
    const since = await server.stats.eventsSince(server.tenant.workspaceId, 0, 100);
    assert.deepEqual(events.items, since.toReversed());
    assert.equal(
      await server.stats.latestPosition(server.tenant.workspaceId),
      Number(events.items[0]?.position),
    );
  });

  test(
    `${name}: of very many events of a delivery the newest come with it, the others in pages`,
    { skip },
    async (t) => {
      const server = await start(t);
      const [delivery, other] = await server.seed(server.tenant, {
        recipients: ['a@x.example', 'b@x.example'],
      });
      assert.ok(delivery !== undefined && other !== undefined);
      const path = `/api/v1/deliveries/${delivery.trackingNumber}`;
      const whole = await read<DeliveryDetail>(server, path);
      assert.equal(whole.earlier, undefined);
      await server.addEvent(delivery, { at: server.clock.now + 1, actor: 'human' });
      await server.addEvent(delivery, {
        at: server.clock.now + 2,
        type: 'clicked',
        actor: 'human',
        link: 'https://example.org/1',
      });
      // Three of a time each: their order is the one in which they were written.
      for (let n = 0; n < EVENTS_AT_ONCE + 30; n += 1) {
        const at = server.clock.now + 10 + Math.floor(n / 3);
        await server.addEvent(delivery, { at, actor: 'automation', link: `https://example.org/${n}` });
      }
      await server.addEvent(other);
      const { earlier, events, links } = await read<DeliveryDetail>(server, path);
      assert.equal(events.length, EVENTS_AT_ONCE);
      assert.deepEqual(
        events.map(({ link }) => link),
        Array.from({ length: EVENTS_AT_ONCE }, (_, n) => `https://example.org/${n + 30}`),
      );
      assert.ok(earlier !== undefined);
      assert.equal(earlier.count, whole.events.length + 32);
      assert.deepEqual(
        earlier.milestones.slice(whole.events.length).map(({ type, actor, link }) => [type, actor, link]),
        [
          ['opened', 'human', undefined],
          ['clicked', 'human', 'https://example.org/1'],
          ['opened', 'automation', 'https://example.org/0'],
          ['opened', 'automation', 'https://example.org/29'],
        ],
      );
      assert.ok(links.every(({ url, clicks }) => clicks === (url === 'https://example.org/1' ? 1 : 0)));
      const before: Event[] = [];
      for (let cursor: string | null = earlier.cursor; cursor !== null;) {
        const page: Page<Event> = await read(server, `${path}/events?limit=7&cursor=${cursor}`);
        before.push(...page.items);
        cursor = page.nextCursor;
      }
      assert.equal(before.length, earlier.count);
      const fromTheStart = await read<Page<Event>>(server, `${path}/events?limit=200`);
      assert.deepEqual(fromTheStart.items, events.toReversed().slice(0, 200));
      assert.deepEqual(
        before.slice(0, 30).map(({ link }) => link),
        Array.from({ length: 30 }, (_, n) => `https://example.org/${29 - n}`),
      );
      for (const cursor of ['nonsense', Buffer.from('[1,"x"]').toString('base64url')]) {
        assert.equal((await server.fetch(`${path}/events?cursor=${cursor}`)).status, 400);
      }
      assert.equal((await server.fetch('/api/v1/deliveries/WB-0000-0000-0000/events')).status, 404);
      const stranger = await server.newTenant();
      assert.equal((await server.fetch(`${path}/events`, { key: stranger.apiKey })).status, 404);
    },
  );

  test(
    `${name}: an objection is durable once, denies all deliveries of the address, and old addresses become coarse`,
    { skip },
    async (t) => {
      const server = await start(t);
      const [delivery] = await server.seed(server.tenant);
      await server.seed(server.tenant, { recipients: ['BOB@example.net'] });
      assert.ok(delivery !== undefined);
      await server.addEvent(delivery, {
        at: 1000,
        ip: '2001:db8:1:2::3',
        place: { grain: 'city', country: 'DE', city: 'X' },
      });
      const answers = await Promise.all(
        [1, 2, 3].map(() => fetch(`${server.url}${delivery.page}`, { method: 'POST' })),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      assert.equal((await server.denied()).length, 2);
      assert.equal((await server.engine.db.selectFrom('objections').selectAll().execute()).length, 1);
      const retention = new Retention({ store: server.privacyStore, clock: () => server.clock.now });
      assert.equal(await retention.run(), 1);
      assert.equal(await retention.run(), 0);
      const row = await server.engine.db
        .selectFrom('events')
        .select(['ip', 'place'])
        .where('at', '=', 1000)
        .executeTakeFirst();
      assert.deepEqual(row, { ip: '2001:db8:1::', place: '{"grain":"country","country":"DE"}' });
    },
  );
}
