import { statfs } from 'node:fs/promises';
import type { Reason, SystemState } from '@waybill/sdk';
import type { Metric } from '../api/api.ts';
import type { Clock } from '../kernel/clock.ts';
import { histogramFrom } from '../kernel/histogram.ts';
import type { EdgeLink } from './edge-link.ts';
import type { EdgeMetricsReport } from './ipc.ts';

/** The edge reports every second. */
const EDGE_SILENT_MS = 10_000;
/** How long a hit that could not be recorded is spoken of. */
const UNRECORDED_MS = 86_400_000;
const BEHIND_SECONDS = 60;
const LOW_DISK_BYTES = 1_073_741_824;

export interface SystemParts {
  edge: Pick<EdgeLink, 'metrics' | 'signs'>;
  /** What `/metrics` shows: figures are taken from there by name, those that are not there are not measured. */
  metrics: () => Promise<readonly Metric[]>;
  wayOut: SystemState['wayOut'];
  dataDir: string;
  startedAt: number;
  clock: Clock;
}

/** What whoever runs this installation looks at first. */
export async function systemState(parts: SystemParts): Promise<SystemState> {
  const metrics = await parts.metrics();
  const figure = (name: string): number | null => {
    const found = metrics.find((metric) => metric.name === name);
    const samples = found === undefined || found.type === 'histogram' ? [] : found.samples;
    return samples.length === 0 ? null : samples.reduce((sum, { value }) => sum + value, 0);
  };
  const { lastHeardAt, lastUnrecordedAt } = parts.edge.signs();
  const counts = parts.edge.metrics();
  const state: Omit<SystemState, 'troubles'> = {
    startedAt: iso(parts.startedAt),
    edge: {
      isUp: lastHeardAt !== undefined && parts.clock() - lastHeardAt < EDGE_SILENT_MS,
      lastHeardAt: lastHeardAt === undefined ? null : iso(lastHeardAt),
      hits: counts['hits'] ?? 0,
      forged: counts['forged'] ?? 0,
      silenced: counts['silenced'] ?? 0,
      unrecorded: counts['unrecorded'] ?? 0,
      lastUnrecordedAt: lastUnrecordedAt === undefined ? null : iso(lastUnrecordedAt),
      repeated: counts['repeated'] ?? 0,
      rejected: figure('waybill_edge_rejected_total') ?? 0,
      refusedConnections: counts['refused_connections'] ?? 0,
      durableWithinMs: durableWithinMs(counts),
    },
    hits: {
      processed: figure('waybill_hits_processed_total') ?? 0,
      failures: figure('waybill_hit_batch_failures_total') ?? 0,
      perSecond: figure('waybill_hit_rate'),
      lagSeconds: figure('waybill_hit_lag_seconds'),
      backlog: figure('waybill_hit_backlog'),
    },
    wayOut: parts.wayOut,
    disk: await diskOf(parts.dataDir),
  };
  return { ...state, troubles: troublesOf(state, parts.startedAt, parts.clock()) };
}

/** @returns null where the file system cannot be asked */
async function diskOf(directory: string): Promise<SystemState['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  } catch {
    return null;
  }
}

/** Each says what is wrong, what is safe, and what to do. */
export function troublesOf(state: Omit<SystemState, 'troubles'>, startedAt: number, now: number): Reason[] {
  const { edge, hits, disk } = state;
  const troubles: Reason[] = [];
  const add = (code: string, text: string): void => void troubles.push({ code, text });
  // Both processes start together; the first report takes a moment.
  if (!edge.isUp && now - startedAt > EDGE_SILENT_MS) {
    add(
      'edge-silent',
      'The process that answers images and links does not report. It is started again by itself; if this stays, look at the server’s output.',
    );
  }
  if (edge.lastUnrecordedAt !== null && now - Date.parse(edge.lastUnrecordedAt) < UNRECORDED_MS) {
    add(
      'hits-unrecorded',
      `${edge.unrecorded === 1 ? 'One opening or click' : `${edge.unrecorded} openings or clicks`} could not be recorded. The readers got their images and links all the same. Usually the disk is full: make room.`,
    );
  }
  if (hits.lagSeconds !== null && hits.lagSeconds > BEHIND_SECONDS) {
    add('hits-behind', behindText(hits.lagSeconds, hits));
  }
  if (disk !== null && disk.freeBytes < LOW_DISK_BYTES) {
    add(
      'disk-low',
      `Only ${Math.round(disk.freeBytes / 1_000_000)} MB are free where the data is. When nothing is left, mail is refused and openings are not recorded. Make room, or shorten what is kept.`,
    );
  }
  return troubles;
}

function behindText(lagSeconds: number, { backlog, perSecond }: SystemState['hits']): string {
  const behind = `Timelines are ${Math.round(lagSeconds / 60)} min behind`;
  const safe = 'Nothing is lost: what was recorded is worked through in order.';
  if (backlog === null || backlog === 0 || perSecond === null) return `${behind}. ${safe}`;
  const waiting = `${behind}, and ${backlog.toLocaleString('en-GB')} openings or clicks wait`;
  return perSecond < 1
    ? `${waiting}; none can be put there at the moment. They are kept. Look whether the database works, and at the server’s output.`
    : `${waiting}; ${Math.round(perSecond).toLocaleString('en-GB')} a second are put there. ${safe}`;
}

const MOST = 0.99;

/** The bound below which nearly all of the edge's commits stayed. */
function durableWithinMs(counts: EdgeMetricsReport): number | null {
  const times = histogramFrom(counts, 'commit_seconds');
  if (times === undefined || times.count === 0) return null;
  const bound = times.buckets.find(({ count }) => count >= MOST * times.count)?.bound;
  return bound === undefined ? null : bound * 1_000;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
