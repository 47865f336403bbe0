import assert from 'node:assert/strict';
import type { CreatedMessage } from '@waybill/sdk';
import { MAIL_HTML } from './mail-load.ts';
import type { RunningServer } from './server.ts';

/** Pixels of a mail that counts as sent by hand: hits on them are openings. */
export async function snippetPixels(
  server: Pick<RunningServer, 'api'>,
  recipients: number,
): Promise<string[]> {
  return (await snippet(server, recipients)).deliveries.map(({ pixelUrl }) => pixelUrl ?? '');
}

/** @see snippetPixels */
export async function snippet(
  server: Pick<RunningServer, 'api'>,
  recipients: number,
): Promise<CreatedMessage> {
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'sender@example.org',
      to: Array.from({ length: recipients }, (_, n) => `reader${n}@example.net`),
      subject: 'Snippet under load',
      html: MAIL_HTML,
      send: false,
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const message = (await answer.json()) as CreatedMessage;
  const sent = await server.api(`/api/v1/messages/${message.id}/sent`, { method: 'POST' });
  assert.equal(sent.status, 200, await sent.text());
  return message;
}
