import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { startTestRelay, submit, timelines } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const mail = (n: number) =>
  `From: sam@example.org\r\nTo: ann@example.net\r\nSubject: mail ${n}\r\n\r\nbody ${n}\r\n`;

test('a relay that ends in the middle of its work loses nothing, and the next one sends the rest', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const settings = { publicUrl: 'https://track.example.org', smarthostUrl: smarthost.url };
  try {
    let relay = await startTestRelay(directory.path, { settings, tuning: { graceMs: 0 } });
    let sent = 0;
    smarthost.refuse = (stage) => {
      // The first ones arrive; then the relay ends while the others are queued or on their way.
      if (stage === 'data' && ++sent === 5) void relay.close();
      return undefined;
    };
    const replies: string[] = [];
    for (let n = 0; n < 12; n++) {
      try {
        replies.push(await submit(relay, mail(n), { to: [`r${n}@example.net`, `s${n}@example.net`] }));
      } catch {
        replies.push('');
      }
    }
    await relay.close();
    const accepted = replies.flatMap((reply, n) => (reply.startsWith('250') ? [n] : []));
    assert.ok(accepted.length > 0);

    smarthost.refuse = () => undefined;
    relay = await startTestRelay(directory.path, { settings });
    const wanted = accepted.flatMap((n) => [`r${n}@example.net`, `s${n}@example.net`]);
    await eventually('every accepted mail is at the smarthost', async () => {
      const recipients = new Set(smarthost.mails.flatMap(({ to }) => to));
      return wanted.every((recipient) => recipients.has(recipient));
    });
    await eventually('the timelines know it', async () =>
      (await timelines(relay.engine)).every(({ transport }) => transport === 'sent'),
    );
    await relay.close();
  } finally {
    await smarthost.close();
  }
});

test('died after the outcome was written and before it was told: told after the restart, once, and not sent again', async () => {
  await using directory = await temporaryDirectory();
  const smarthost = await startSmarthost();
  const settings = { publicUrl: 'https://track.example.org', smarthostUrl: smarthost.url };
  try {
    let relay = await startTestRelay(directory.path, { settings, tuning: { concurrency: 0 } });
    await submit(relay, mail(1));
    const store = new KyselyQueueStore(relay.engine);
    const [claimed] = await store.claim(Date.now(), { copies: 1, except: [] });
    assert.ok(claimed);
    const fact = {
      at: 1_000,
      type: 'relayed' as const,
      transport: 'sent' as const,
      reasons: [{ code: 'server-accepted', text: 'x' }],
    };
    await store.settle([{ id: claimed.id, outcome: { fact } }]);
    await relay.close();

    for (let round = 0; round < 2; round++) {
      relay = await startTestRelay(directory.path, { settings });
      const [row] = await eventually('it is told', async () => {
        const rows = await timelines(relay.engine);
        return rows[0]?.transport === 'sent' && rows;
      });
      await eventually('it is done with', async () => (await queueOf(relay).settled(1)).length === 0);
      assert.deepEqual(
        row?.events.map(({ type }) => type),
        ['accepted', 'relayed'],
      );
      await relay.close();
    }
    assert.equal(smarthost.mails.length, 0);
  } finally {
    await smarthost.close();
  }
});

const queueOf = (relay: { engine: ConstructorParameters<typeof KyselyQueueStore>[0] }) =>
  new KyselyQueueStore(relay.engine);

test('closing ends within five seconds although a server keeps us waiting and a client is connected', async () => {
  await using directory = await temporaryDirectory();
  let asked = false;
  const smarthost = await startSmarthost({
    onData: (stream) => {
      asked = true;
      stream.resume();
    },
  });
  const relay = await startTestRelay(directory.path, {
    settings: { publicUrl: 'https://track.example.org', smarthostUrl: smarthost.url },
    tuning: { graceMs: 500 },
  });
  await submit(relay, mail(1));
  await eventually('the server has the data', async () => asked);
  const started = performance.now();
  await relay.close();
  assert.ok(performance.now() - started < 5_000);
  await smarthost.close();
});
