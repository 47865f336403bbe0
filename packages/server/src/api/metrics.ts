import type { HistogramCounts } from '../kernel/histogram.ts';

interface Described {
  /** `waybill_hits_total`, snake case, with its unit */
  name: string;
  help: string;
}

export interface ValueMetric extends Described {
  type: 'counter' | 'gauge';
  samples: readonly { labels?: Readonly<Record<string, string>>; value: number }[];
}

export interface HistogramMetric extends Described {
  type: 'histogram';
  counts: HistogramCounts;
}

export type Metric = ValueMetric | HistogramMetric;

/** Prometheus text exposition format 0.0.4. */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map((metric) =>
      [
        `# HELP ${metric.name} ${metric.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
        `# TYPE ${metric.name} ${metric.type}`,
        ...samplesOf(metric),
      ].join('\n'),
    )
    .map((block) => `${block}\n`)
    .join('');
}

function samplesOf(metric: Metric): string[] {
  const { name } = metric;
  if (metric.type !== 'histogram') {
    return metric.samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}`);
  }
  const { buckets, count, sum } = metric.counts;
  return [
    ...buckets.map((bucket) => `${name}_bucket{le="${bucket.bound}"} ${bucket.count}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ];
}

function renderLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
