import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hitUntil, newLedger } from '../support/ledger.ts';
import { metricsOf } from '../support/metrics.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const LINE = /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z_]+="[^"\n]*",?)+\})? -?[\d.e+-]+)$/;

test('/metrics is what Prometheus reads: every sample has HELP and TYPE, histograms add up, nothing personal is in it', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const pixels = await snippetPixels(server, 3);
    await hitUntil(new AbortController().signal, 'metrics', pixels, newLedger(), 12);
    await fetch(`${server.edgeUrl}/o/forged.gif`);
    await fetch(`${server.edgeUrl}/nothing/here`);
    const samples = await eventually('the edge has told its counts', async () => {
      const now = await metricsOf(server);
      return (
        (now.get('waybill_edge_hits_total') ?? 0) >= 12 &&
        (now.get('waybill_edge_forged_total') ?? 0) > 0 &&
        (now.get('waybill_hits_processed_total') ?? 0) >= 12 &&
        now.has('waybill_hit_rate') &&
        now
      );
    });
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const lines = text.trimEnd().split('\n');
    assert.deepEqual(
      lines.filter((line) => !LINE.test(line)),
      [],
    );
    assert.ok(text.endsWith('\n'));
    const described = new Set(lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
    for (const name of samples.keys()) {
      const bare = name.replace(/\{.*/, '');
      assert.ok(described.has(bare) || described.has(bare.replace(/_(?:bucket|sum|count)$/, '')), name);
    }
    assert.ok((samples.get('waybill_edge_commit_seconds_count') ?? 0) > 0);
    assert.equal(samples.get('waybill_edge_batch_hits_sum'), samples.get('waybill_edge_hits_total'));
    assert.equal(
      samples.get('waybill_edge_batch_hits_bucket{le="+Inf"}'),
      samples.get('waybill_edge_batch_hits_count'),
    );
    assert.equal(samples.get('waybill_edge_rejected_total{reason="unknown"}'), 1);
    assert.equal(samples.get('waybill_edge_rejected_total{reason="too_slow"}'), 0);
    assert.equal(
      samples.get('waybill_hit_batch_hits_sum'),
      samples.get('waybill_hits_processed_total'),
      'every hit was in a batch',
    );
    for (const name of [
      'waybill_hit_backlog',
      'waybill_hit_batch_seconds_count',
      'waybill_hit_oldest_seconds_count',
      'waybill_queue_mails{state="ready"}',
      'waybill_notifications_pending',
      'waybill_api_request_seconds_count',
    ]) {
      assert.ok(samples.has(name), name);
    }
    assert.doesNotMatch(text, /example\.(?:org|net)|WB-|127\.0\.0\.1/);
  } finally {
    await server.stop();
  }
});

test('a request has an id in its answer and in the log, which holds no address and no token', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path, { WAYBILL_LOG_LEVEL: 'info' });
  try {
    const answer = await server.api('/api/v1/deliveries/WB-0000-0000-0000');
    const id = answer.headers.get('x-request-id') ?? '';
    assert.match(id, /^[0-9a-f-]{36}$/);
    const line = await eventually('it is in the log', async () =>
      server
        .stderr()
        .split('\n')
        .find((text) => text.includes(id)),
    );
    const { route, status, msg } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(
      { route, status, msg },
      { route: '/api/v1/deliveries/:trackingNumber', status: answer.status, msg: 'request answered' },
    );
    assert.doesNotMatch(server.stderr(), /WB-0000|127\.0\.0\.1|Bearer|wb_/);
  } finally {
    await server.stop();
  }
});
