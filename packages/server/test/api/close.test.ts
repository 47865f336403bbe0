import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApi } from '../support/api-server.ts';

test('half a request does not hold the end of the server', { timeout: 20_000 }, async (t) => {
  const server = await startApi(t);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: ');
  // Its bytes must have arrived: the connection would be an idle one without them.
  await (await server.fetch('/healthz')).arrayBuffer();
  const askedAt = Date.now();
  await server.api.close();
  assert.ok(Date.now() - askedAt < 8000);
});
