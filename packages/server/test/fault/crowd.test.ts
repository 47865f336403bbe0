import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryDetail, MessageSummary, Page } from '@waybill/sdk';
import { demoCredential, mailProgram } from '../support/mail.ts';
import { capturedMails, duplicateSources, newLedger, openedEvents, storedAgents } from '../support/ledger.ts';
import { eventually, startServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const SENDERS = 200;
const HITS = 2000;

test('200 concurrent senders and 2,000 hits: nothing is lost and no event is there twice', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const auth = demoCredential(server);
    await Promise.all(
      Array.from({ length: SENDERS }, async (_, n) => {
        const transport = mailProgram(server, auth);
        await transport.sendMail({
          from: `sender${n}@example.org`,
          to: `reader${n}@example.net`,
          subject: `crowd ${n}`,
          html: `<html><body><p>Mail ${n}</p></body></html>`,
        });
        transport.close();
      }),
    );
    await eventually('all mails are captured', async () => capturedMails(directory.path) === SENDERS, 30_000);
    const pixels = await pixelUrls();
    assert.equal(pixels.length, SENDERS);
    assert.equal(new Set(pixels).size, SENDERS, 'every copy has a pixel of its own');

    const ledger = newLedger();
    await Promise.all(
      Array.from({ length: HITS }, async (_, n) => {
        const agent = `crowd/${n}`;
        const answer = await fetch(pixels[n % SENDERS] ?? '', { headers: { 'user-agent': agent } });
        await answer.arrayBuffer();
        assert.equal(answer.status, 200);
        ledger.hits.add(agent);
      }),
    );
    assert.equal(ledger.hits.size, HITS);
    await eventually('all hits are events', async () => openedEvents(directory.path) >= HITS, 30_000);
    const agents = storedAgents(directory.path);
    assert.equal(agents.length, HITS);
    assert.deepEqual(new Set(agents), ledger.hits);
    assert.equal(openedEvents(directory.path), HITS);
    assert.deepEqual(duplicateSources(directory.path), []);
  } finally {
    await server.stop();
  }

  async function pixelUrls(): Promise<string[]> {
    const numbers: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await server.api(`/api/v1/messages?limit=100${query}`);
      const page = (await answer.json()) as Page<MessageSummary>;
      numbers.push(...page.items.flatMap(({ deliveries }) => deliveries.map((d) => d.trackingNumber)));
      cursor = page.nextCursor;
    } while (cursor !== null);
    const urls: string[] = [];
    for (const number of numbers) {
      const detail = (await (await server.api(`/api/v1/deliveries/${number}`)).json()) as DeliveryDetail;
      urls.push(detail.pixelUrl ?? '');
    }
    return urls;
  }
});
