import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SystemState } from '@waybill/sdk';
import type { Metric } from '../api/api.ts';
import { systemState, troublesOf, type SystemParts } from './system-state.ts';

const NOW = Date.UTC(2026, 10, 26, 12);

function parts(given: Partial<SystemParts> = {}): SystemParts {
  return {
    edge: {
      metrics: () => ({ hits: 3, forged: 1, silenced: 0, unrecorded: 0 }),
      signs: () => ({ lastHeardAt: NOW - 800, lastUnrecordedAt: undefined }),
    },
    metrics: async () => [gauge('waybill_hits_processed_total', 3)],
    wayOut: { kind: 'demo' },
    dataDir: import.meta.dirname,
    startedAt: NOW - 3_600_000,
    clock: () => NOW,
    ...given,
  };
}

function gauge(name: string, value: number): Metric {
  return { name, help: '', type: 'gauge', samples: [{ value }] };
}

const codes = (troubles: SystemState['troubles']): string[] => troubles.map(({ code }) => code);

test('figures that nobody measures are null and no trouble', async () => {
  const state = await systemState(parts());
  assert.deepEqual(state.hits, {
    processed: 3,
    failures: 0,
    perSecond: null,
    lagSeconds: null,
    backlog: null,
  });
  assert.ok(state.edge.isUp);
  assert.ok((state.disk?.sizeBytes ?? 0) > 0);
  assert.deepEqual(
    codes(state.troubles).filter((code) => code !== 'disk-low'),
    [],
  );
});

test('what the metrics measure is told, and a long backlog is a trouble that says how fast it goes', async () => {
  const behind = [gauge('waybill_hit_lag_seconds', 360), gauge('waybill_hit_backlog', 12_000)];
  const at = async (...more: Metric[]) => systemState(parts({ metrics: async () => [...behind, ...more] }));
  const state = await at();
  assert.equal(state.hits.backlog, 12_000);
  assert.match(state.troubles[0]?.text ?? '', /6 min behind. Nothing is lost/);
  const going = await at(gauge('waybill_hit_rate', 9_312.4));
  assert.match(
    going.troubles[0]?.text ?? '',
    /6 min behind, and 12,000 .* wait; 9,312 a second .* Nothing is lost/,
  );
  const stuck = await at(gauge('waybill_hit_rate', 0));
  assert.match(stuck.troubles[0]?.text ?? '', /none can be put there at the moment. They are kept/);
});

test('what was turned away is told, and within what time most hits were durable', async () => {
  const commits = {
    'commit_seconds_le_0.001': 90,
    'commit_seconds_le_0.0025': 99,
    'commit_seconds_le_0.005': 100,
  };
  const counts = {
    repeated: 2,
    refused_connections: 3,
    ...commits,
    commit_seconds_count: 100,
    commit_seconds_sum: 1,
  };
  const { edge } = await systemState(
    parts({
      edge: { ...parts().edge, metrics: () => counts },
      metrics: async () => [gauge('waybill_edge_rejected_total', 5)],
    }),
  );
  assert.deepEqual(
    [edge.repeated, edge.refusedConnections, edge.rejected, edge.durableWithinMs],
    [2, 3, 5, 2.5],
  );
});

test('an edge that reports no more is told, but not in the first seconds', async () => {
  const edge = {
    metrics: () => ({}),
    signs: () => ({ lastHeardAt: undefined, lastUnrecordedAt: undefined }),
  };
  const later = await systemState(parts({ edge }));
  assert.ok(codes(later.troubles).includes('edge-silent'));
  const atFirst = await systemState(parts({ edge, startedAt: NOW - 2_000 }));
  assert.ok(!codes(atFirst.troubles).includes('edge-silent'));
});

test('hits that could not be recorded are spoken of for a day, a full disk until there is room', async () => {
  const state = await systemState(parts());
  const lost = { ...state.edge, unrecorded: 2, lastUnrecordedAt: new Date(NOW - 60_000).toISOString() };
  const full = { freeBytes: 200_000_000, sizeBytes: 40_000_000_000 };
  const bad = { ...state, edge: lost, disk: full };
  assert.deepEqual(codes(troublesOf(bad, 0, NOW)), ['hits-unrecorded', 'disk-low']);
  assert.deepEqual(codes(troublesOf(bad, 0, NOW + 2 * 86_400_000)), ['disk-low']);
});
