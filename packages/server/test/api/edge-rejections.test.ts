import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { DenySet, Keyring, pixelUrl, startEdge } from '../../src/tracking/tracking.ts';

const keyring = new Keyring(new Map([[1, new Uint8Array(32).fill(1)]]));
const PIXEL = pixelUrl(keyring, '', {
  workspaceId: 7 as WorkspaceId,
  subject: 'ab'.repeat(16),
  linkIndex: 0,
  mode: 'full',
});
const HEAD = ' HTTP/1.1\r\nHost: track.example.org\r\n';
const END = 'Connection: close\r\n\r\n';

test('what is refused is counted by what was wrong with it, and answered as before; what is served is not', async () => {
  const edge = await startEdge({
    listen: { host: '127.0.0.1', port: 0 },
    keyring,
    hitLog: {
      append: async () => {},
      status: () => ({ ready: true, commits: 0 }),
      close: async () => {},
    },
    denySet: new DenySet(),
    trustedProxies: [],
    backendUrl: () => undefined,
    limits: { headTimeoutMs: 300, maxHeadBytes: 8_192 },
    clock: () => 0,
    logger: silentLogger,
  });
  /** @returns the status line of the answer to these bytes, once the connection is closed */
  const say = async (bytes: string): Promise<string> => {
    const socket = connect(edge.address.port, edge.address.host);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket, 'close');
    return text.slice(0, text.indexOf('\r\n'));
  };
  const rejected = () =>
    Object.fromEntries(Object.entries(edge.metrics()).filter(([name]) => name.startsWith('rejected_')));
  try {
    const nothing = {
      rejected_unknown: 0,
      rejected_method: 0,
      rejected_malformed: 0,
      rejected_too_large: 0,
      rejected_too_slow: 0,
    };
    assert.match(await say(`GET ${PIXEL}${HEAD}${END}`), / 200 /);
    assert.match(await say(`GET /o/forged.gif${HEAD}${END}`), / 200 /);
    assert.match(await say(`GET /l/forged?to=https%3A%2F%2Fexample.org${HEAD}${END}`), / 404 /);
    assert.deepEqual(rejected(), nothing, 'the forged ones are counted as such');
    assert.equal(edge.metrics().forged, 2);

    assert.match(await say(`GET /wp-login.php${HEAD}${END}`), / 404 /);
    assert.match(await say(`DELETE ${PIXEL}${HEAD}${END}`), / 405 /);
    assert.match(await say(`POST /l/x${HEAD}${END}`), / 405 /);
    assert.match(await say(`nonsense\r\n\r\n`), / 400 /);
    assert.match(await say(`GET ${PIXEL}${HEAD}Host: other.example.org\r\n${END}`), / 400 /);
    assert.match(await say(`GET /${'x'.repeat(10_000)}${HEAD}${END}`), / 431 /);
    assert.match(await say(''), / 408 /, 'who says nothing');
    assert.match(await say(`GET ${PIXEL}${HEAD}X-Slow: `), / 408 /, 'who does not come to an end');
    assert.deepEqual(rejected(), {
      rejected_unknown: 1,
      rejected_method: 2,
      rejected_malformed: 2,
      rejected_too_large: 1,
      rejected_too_slow: 2,
    });
  } finally {
    await edge.close();
  }
});
