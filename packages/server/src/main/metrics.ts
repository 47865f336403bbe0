import type { Metric } from '../api/api.ts';
import type { EdgeMetricsReport } from './ipc.ts';

const EDGE_HELP: Readonly<Record<string, string>> = {
  hits: 'Hits recorded durably by the edge',
  forged: 'Requests on pixels and links whose signature is not ours',
  silenced: 'Valid requests that an objection or withdrawal kept from being recorded',
  unrecorded: 'Valid requests that were answered but could not be recorded',
};

/** Counters of the processes since their start, for `/metrics`. */
export function backEndMetrics(counts: {
  edge: EdgeMetricsReport;
  processor: { processed: number; failures: number };
  dispatcher: { sent: number; retried: number; failed: number };
}): Metric[] {
  return [
    ...Object.entries(counts.edge).map(([name, value]) =>
      counter(`waybill_edge_${name}_total`, EDGE_HELP[name] ?? `Edge: ${name}`, value),
    ),
    counter('waybill_hits_processed_total', 'Hits put on timelines', counts.processor.processed),
    counter(
      'waybill_hit_batch_failures_total',
      'Batches of hits that had to be tried again',
      counts.processor.failures,
    ),
    {
      name: 'waybill_notifications_total',
      help: 'Attempts to notify, by outcome',
      type: 'counter',
      samples: Object.entries(counts.dispatcher).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
  ];
}

function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: 'counter', samples: [{ value }] };
}
