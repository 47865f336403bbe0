import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreatedMessage, DeliveryDetail, Message } from '@waybill/sdk';
import { eventually, startServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

test("hits right before /sent are the sender's own in every mode, hits right after it are not", async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    for (const mode of ['full', 'day', 'aggregate'] as const) {
      const created = await post<CreatedMessage>('/api/v1/messages', {
        from: 'ann@example.org',
        to: ['bob@example.net'],
        subject: `by hand, ${mode}`,
        html: '<p>Hello <a href="https://example.org/">there</a></p>',
        policy: { mode },
        send: false,
      });
      const [delivery] = created.deliveries;
      const pixel = delivery?.pixelUrl ?? '';
      const link = /href="([^"]+)"/.exec(delivery?.html ?? '')?.[1] ?? '';
      const number = delivery?.trackingNumber ?? '';
      for (const url of [pixel, link, pixel]) await load(url);
      await post(`/api/v1/messages/${created.id}/sent`);
      assert.deepEqual(await seen(created.id, number), [], mode);
      await load(pixel);
      const after = await eventually(`an opening in mode ${mode}`, async () => {
        const signs = await seen(created.id, number);
        return signs.length > 0 && signs;
      });
      assert.equal(after.length, 1, mode);
    }
  } finally {
    await server.stop();
  }

  async function post<T>(path: string, body: object = {}): Promise<T> {
    const answer = await server.api(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  async function load(url: string): Promise<void> {
    const answer = await fetch(url, { redirect: 'manual' });
    assert.ok(answer.status < 400, url);
    await answer.arrayBuffer();
  }

  /** What counts as somebody else's. */
  async function seen(messageId: string, number: string): Promise<string[]> {
    const message = (await (await server.api(`/api/v1/messages/${messageId}`)).json()) as Message;
    const delivery = (await (await server.api(`/api/v1/deliveries/${number}`)).json()) as DeliveryDetail;
    const { opened = 0, clicked = 0 } = message.counts ?? {};
    return [
      ...delivery.events
        .filter(({ type, actor }) => (type === 'opened' || type === 'clicked') && actor !== 'self')
        .map(({ type }) => type as string),
      ...Array.from({ length: opened + clicked }, () => 'counted'),
    ];
  }
});
