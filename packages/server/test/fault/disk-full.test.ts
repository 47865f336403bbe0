import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balance, duplicateSources, hitUntil, newLedger, storedAgents } from '../support/ledger.ts';
import { demoCredential } from '../support/mail.ts';
import { metricOf } from '../support/metrics.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { mountSmallDisk, noSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { snippet } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const DISK_MB = 24;
const NEVER = new AbortController().signal;

/** A mail that needs room. @returns the reply to its data */
async function submit(server: RunningServer, subject: string): Promise<string> {
  const client = await SmtpDialogue.open(server.smtp ?? { host: '', port: 0 });
  try {
    const { user, pass } = demoCredential(server);
    await client.signIn(user, pass);
    for (const line of ['MAIL FROM:<sender@example.org>', 'RCPT TO:<one@example.net>', 'DATA']) {
      const reply = await client.command(line);
      if (!/^[23]/.test(reply)) return reply;
    }
    const body = `${'x'.repeat(70)}\r\n`.repeat(2_000);
    client.write(`From: sender@example.org\r\nSubject: ${subject}\r\n\r\n${body}.\r\n`);
    return await client.reply();
  } finally {
    client.close();
  }
}

async function createMessage(server: RunningServer): Promise<Response> {
  return server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'sender@example.org',
      to: ['one@example.net'],
      subject: 'needs room',
      html: `<p>${'x'.repeat(200_000)}</p>`,
      send: true,
    }),
  });
}

/** Hits until the log has used what room it had kept. */
async function fillUp(server: RunningServer, disk: SmallDisk, pixel: string, link: string): Promise<number> {
  let answered = 0;
  await eventually(
    'hits cannot be recorded any more',
    async () => {
      await disk.fill();
      for (let n = 0; n < 20; n++) {
        const headers = { 'user-agent': `full/${answered}` };
        const [image, click] = await Promise.all([
          fetch(pixel, { headers }),
          fetch(link, { headers, redirect: 'manual' }),
        ]);
        assert.equal(image.status, 200);
        assert.equal((await image.arrayBuffer()).byteLength, 43);
        assert.equal(click.status, 302);
        assert.equal(click.headers.get('location'), 'https://example.org/a');
        answered += 2;
      }
      return (await metricOf(server, 'waybill_edge_unrecorded_total')) > 0;
    },
    30_000,
  );
  return answered;
}

test(
  'a full disk: readers are served, senders are told to come again, nothing answered as kept is lost, and it recovers',
  { skip: noSmallDisk ?? false },
  async (t) => {
    await using directory = await temporaryDirectory();
    await using disk = await mountSmallDisk(directory.path, DISK_MB);
    const server = await startServer(disk.path);
    try {
      const message = await snippet(server, 1);
      const pixel = message.deliveries[0]?.pixelUrl ?? '';
      const link =
        /href="([^"]+)"/.exec(message.deliveries[0]?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '';
      const ledger = newLedger();
      await hitUntil(NEVER, 'before', [pixel], ledger, 20);
      assert.match(await submit(server, 'before'), /^250/);
      ledger.mails.add('before');

      const whileFull = await fillUp(server, disk, pixel, link);
      const refused = await eventually('the API says that the disk is full', async () => {
        await disk.fill();
        const answer = await createMessage(server);
        return answer.status !== 201 && answer;
      });
      assert.equal(refused.status, 507, await refused.clone().text());
      assert.equal(((await refused.json()) as { code: string }).code, 'storage-full');
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
      assert.match(await submit(server, 'refused'), /^452[ -]4\.3\.1 /);
      assert.equal((await fetch(`${server.edgeUrl}/readyz`)).status, 503);
      assert.equal((await fetch(`${server.edgeUrl}/healthz`)).status, 200);
      const readiness = await eventually('the back end is not ready', async () => {
        const answer = await fetch(`${server.url}/readyz`);
        return answer.status === 503 && ((await answer.json()) as { reasons?: Record<string, string> });
      });
      assert.match(readiness.reasons?.['disk'] ?? '', /full/, JSON.stringify(readiness));

      await disk.release();
      await eventually('both are ready again', async () => {
        const states = await Promise.all([server.edgeUrl, server.url].map((url) => fetch(`${url}/readyz`)));
        return states.every(({ status }) => status === 200);
      });
      await hitUntil(NEVER, 'after', [pixel], ledger, 20);
      assert.match(await submit(server, 'after'), /^250/);
      await eventually('all hits are stored', async () => balance(disk.path, ledger).lost.length === 0);
      // The edge reports its counts once a second.
      const { kept, unrecorded } = await eventually(
        'each answered hit is kept or counted as not',
        async () => {
          const agents = storedAgents(disk.path).filter((agent) => agent.startsWith('full/'));
          const counted = await metricOf(server, 'waybill_edge_unrecorded_total');
          return agents.length + counted >= whileFull && { kept: agents.length, unrecorded: counted };
        },
      );
      assert.deepEqual(duplicateSources(disk.path), []);
      t.diagnostic(
        `${whileFull} hits answered while full: ${kept} kept, ${unrecorded} counted as not recorded`,
      );
    } finally {
      await server.stop();
    }
  },
);
