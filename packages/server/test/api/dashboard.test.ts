import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startApi } from '../support/api-server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

async function build(t: TestContext): Promise<string> {
  const temporary = await temporaryDirectory();
  t.after(() => temporary[Symbol.asyncDispose]());
  const directory = temporary.path;
  await mkdir(join(directory, 'dist', 'assets'), { recursive: true });
  await writeFile(join(directory, 'dist', 'index.html'), '<!doctype html><title>Waybill</title>');
  await writeFile(join(directory, 'dist', 'assets', 'index-4f2a.js'), 'export {};');
  await writeFile(join(directory, 'secret.json'), '{"secret":true}');
  return join(directory, 'dist');
}

test('the dashboard is served for every page of its own, its hashed files for ever', async (t) => {
  const server = await startApi(t, { settings: { dashboardDirectory: await build(t) } });
  for (const path of ['/', '/inbox', '/inbox/WB-1', '/welcome?token=x', '/deliveries/WB-1', '/index.html']) {
    const answer = await server.fetch(path, { key: '' });
    assert.equal(answer.status, 200, path);
    assert.match(await answer.text(), /<title>Waybill/, path);
    assert.equal(answer.headers.get('cache-control'), 'no-cache');
    assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self';/);
  }
  const script = await server.fetch('/assets/index-4f2a.js', { key: '' });
  assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  assert.equal((await server.fetch('/assets/gone-1.js', { key: '' })).status, 404);
  const etag = script.headers.get('etag') ?? '';
  const cached = await server.fetch('/assets/index-4f2a.js', { key: '', headers: { 'if-none-match': etag } });
  assert.equal(cached.status, 304);
});

test('text goes out compressed as the browser can read it, each encoding under a tag of its own', async (t) => {
  const dashboardDirectory = await build(t);
  const source = 'export const words = "parcel";\n'.repeat(400);
  await writeFile(join(dashboardDirectory, 'assets', 'index-4f2a.js'), source);
  await writeFile(join(dashboardDirectory, 'assets', 'inter-1.woff2'), Buffer.alloc(4_000, 1));
  const server = await startApi(t, { settings: { dashboardDirectory } });
  const read = async (encodings: string, path = '/assets/index-4f2a.js') => {
    const answer = await server.fetch(path, { key: '', headers: { 'accept-encoding': encodings } });
    const { headers } = answer;
    // The client unpacks it: what it reads must be what was built.
    return { text: await answer.text(), encoding: headers.get('content-encoding'), headers };
  };
  const brotli = await read('gzip, deflate, br, zstd');
  const gzip = await read('gzip, br;q=0');
  const plain = await read('identity');
  assert.deepEqual([brotli.encoding, gzip.encoding, plain.encoding], ['br', 'gzip', null]);
  for (const { text, headers } of [brotli, gzip, plain]) {
    assert.equal(text, source);
    assert.equal(headers.get('vary'), 'accept-encoding');
  }
  assert.ok(Number(brotli.headers.get('content-length')) < source.length / 20);
  assert.equal(new Set([brotli, gzip, plain].map(({ headers }) => headers.get('etag'))).size, 3);
  const again = await server.fetch('/assets/index-4f2a.js', {
    key: '',
    headers: { 'accept-encoding': 'br', 'if-none-match': brotli.headers.get('etag') ?? '' },
  });
  assert.equal(again.status, 304);
  assert.equal((await read('br', '/assets/inter-1.woff2')).encoding, null);
});

test('nothing outside the build is served', async (t) => {
  const server = await startApi(t, { settings: { dashboardDirectory: await build(t) } });
  for (const path of [
    '/..%2fsecret.json',
    '/%2e%2e/secret.json',
    '/assets/..%2f..%2fsecret.json',
    '/..%5csecret.json',
  ]) {
    const answer = await server.fetch(path, { key: '' });
    assert.doesNotMatch(await answer.text(), /secret/, path);
  }
});

test('a missing build is explained', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/', { key: '' });
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /npm start/);
});

test('health, readiness and metrics are answered, and readiness fails with what it watches', async (t) => {
  let isUp = true;
  const server = await startApi(t, {
    deps: {
      readiness: {
        database: async () => {
          if (!isUp) throw new Error('down');
        },
      },
      degraded: () => ['smarthost'],
      metrics: async () => [
        {
          name: 'waybill_hits_total',
          help: 'Hits',
          type: 'counter',
          samples: [{ labels: { kind: 'a"b' }, value: 3 }],
        },
      ],
    },
  });
  assert.deepEqual(await (await server.fetch('/healthz', { key: '' })).json(), { status: 'ok' });
  const ready = await server.fetch('/readyz', { key: '' });
  assert.equal(ready.status, 200, 'what others can wait for does not make it unready');
  assert.deepEqual(await ready.json(), {
    status: 'ready',
    checks: { database: 'ok', smarthost: 'degraded' },
  });
  isUp = false;
  const failing = await server.fetch('/readyz', { key: '' });
  assert.equal(failing.status, 503);
  assert.deepEqual(await failing.json(), {
    status: 'not-ready',
    checks: { database: 'failed', smarthost: 'degraded' },
  });
  const metrics = await server.fetch('/metrics', { key: '' });
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await metrics.text();
  assert.match(text, /# TYPE waybill_hits_total counter\nwaybill_hits_total\{kind="a\\"b"\} 3\n/);
  assert.match(text, /waybill_api_requests_total\{status="5xx"\} 1/);
});
