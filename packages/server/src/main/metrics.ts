import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric, ValueMetric } from '../api/api.ts';
import { histogramFrom, type HistogramCounts } from '../kernel/histogram.ts';
import type { Depths } from '../storage/depths.ts';
import type { ProcessingMetrics } from '../messages/messages.ts';
import type { EdgeMetricsReport } from './ipc.ts';

const EDGE_COUNTERS: Readonly<Record<string, string>> = {
  hits: 'Hits recorded durably by the edge',
  forged: 'Requests on pixels, links and pages whose signature is not ours',
  silenced: 'Valid requests that an objection or withdrawal kept from being recorded',
  unrecorded: 'Valid requests that were answered but could not be recorded',
  blocked: 'Clicks on links of a workspace suspended for abuse, which showed the warning',
  commits: 'Durable batches of hits',
  repeated: 'Valid requests that were answered and not recorded: one source asked for one thing too often',
  refused_connections: 'Connections that were sent away since there were too many',
};
const REJECTED = 'rejected_';
const EDGE_GAUGES: Readonly<Record<string, string>> = {
  resident_bytes: 'Memory of the edge',
  connections: 'Open connections of the edge',
};
const EDGE_HISTOGRAMS: Readonly<Record<string, string>> = {
  commit_seconds: 'From a batch of hits being handed to the disk until it is durable',
  batch_hits: 'Hits that became durable together',
};

/** Numbers of the processes since their start, for `/metrics`. */
export function backEndMetrics(counts: {
  edge: EdgeMetricsReport;
  processor: ProcessingMetrics;
  /** Undefined: it cannot be counted now. */
  backlog: number | undefined;
  dispatcher: { sent: number; retried: number; failed: number };
}): Metric[] {
  return [
    ...edgeMetrics(counts.edge),
    counter('waybill_hits_processed_total', 'Hits put on timelines', counts.processor.processed),
    counter(
      'waybill_hit_batch_failures_total',
      'Batches of hits that had to be tried again',
      counts.processor.failures,
    ),
    gauge(
      'waybill_hit_lag_seconds',
      'How long the last hits took from their answer to their timeline; while nothing can be written, at least that time',
      counts.processor.lagSeconds,
    ),
    ...(counts.backlog === undefined
      ? []
      : [gauge('waybill_hit_backlog', 'Durable hits that are not on their timeline yet', counts.backlog)]),
    ...(counts.processor.perSecond === undefined
      ? []
      : [
          gauge(
            'waybill_hit_rate',
            'Hits put on timelines in a second, over the last ten',
            counts.processor.perSecond,
          ),
        ]),
    histogram(
      'waybill_hit_batch_hits',
      'Hits put on timelines in one transaction',
      counts.processor.batchHits,
    ),
    histogram(
      'waybill_hit_batch_seconds',
      'From a batch of hits being judged until it is durable on the timelines',
      counts.processor.batchSeconds,
    ),
    histogram(
      'waybill_hit_oldest_seconds',
      'From its answer to its timeline, of the oldest hit of each batch',
      counts.processor.oldestSeconds,
    ),
    {
      name: 'waybill_notifications_total',
      help: 'Attempts to notify, by outcome',
      type: 'counter',
      samples: Object.entries(counts.dispatcher).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
  ];
}

function edgeMetrics(report: EdgeMetricsReport): Metric[] {
  const histograms = Object.entries(EDGE_HISTOGRAMS).flatMap(([name, help]): Metric[] => {
    const found = histogramFrom(report, name);
    return found === undefined
      ? []
      : [{ name: `waybill_edge_${name}`, help, type: 'histogram', counts: found }];
  });
  const isPart = (key: string): boolean =>
    Object.keys(EDGE_HISTOGRAMS).some((name) => key.startsWith(`${name}_`));
  const rejected = Object.entries(report).filter(([key]) => key.startsWith(REJECTED));
  const values = Object.entries(report)
    .filter(([key]) => !isPart(key) && !key.startsWith(REJECTED))
    .map(([name, value]) => {
      const help = EDGE_GAUGES[name];
      if (help !== undefined) return gauge(`waybill_edge_${name}`, help, value);
      return counter(`waybill_edge_${name}_total`, EDGE_COUNTERS[name] ?? `Edge: ${name}`, value);
    });
  const rejections: Metric[] =
    rejected.length === 0
      ? []
      : [
          {
            name: 'waybill_edge_rejected_total',
            help: 'Requests that were answered with an error, by what was wrong with them',
            type: 'counter',
            samples: rejected.map(([key, value]) => ({
              labels: { reason: key.slice(REJECTED.length) },
              value,
            })),
          },
        ];
  return [...values, ...rejections, ...histograms];
}

/** What waits. */
export function depthMetrics({ queue, notifications }: Depths): Metric[] {
  return [
    {
      name: 'waybill_queue_mails',
      help: 'Copies in the mail queue: ready to be sent or waiting, being sent, sent and not on the timeline yet',
      type: 'gauge',
      samples: Object.entries(queue).map(([state, value]) => ({ labels: { state }, value })),
    },
    gauge('waybill_notifications_pending', 'Notifications that are not sent yet', notifications),
  ];
}

const DELAY_WINDOW_MS = 15_000;

/** How the back end's own process is. */
export class ProcessMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #since = 0;

  start(): void {
    this.#delay.enable();
  }

  stop(): void {
    this.#delay.disable();
  }

  /** The delay is of the last seconds, however often it is asked for. */
  metrics(): Metric[] {
    const p99Seconds = this.#delay.percentile(99) / 1e9;
    if (performance.now() - this.#since > DELAY_WINDOW_MS) {
      this.#delay.reset();
      this.#since = performance.now();
    }
    return [
      gauge('waybill_back_end_resident_bytes', 'Memory of the back end', process.memoryUsage.rss()),
      gauge(
        'waybill_back_end_event_loop_delay_seconds',
        'How late the back end comes to what is due, 99th percentile of the last seconds',
        Number.isFinite(p99Seconds) ? p99Seconds : 0,
      ),
    ];
  }
}

function counter(name: string, help: string, value: number): ValueMetric {
  return { name, help, type: 'counter', samples: [{ value }] };
}

function gauge(name: string, help: string, value: number): ValueMetric {
  return { name, help, type: 'gauge', samples: [{ value }] };
}

function histogram(name: string, help: string, counts: HistogramCounts): Metric {
  return { name, help, type: 'histogram', counts };
}
