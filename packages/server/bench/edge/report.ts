import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Measurement, SubjectName } from './measure.ts';

/** What `--json` prints and `docs/benchmarks/edge.json` holds. */
export interface Report {
  date: string;
  machine: { cpu: string; cores: number; node: string; load: number };
  /** Seconds of each measurement, and how often each was made. */
  secondsEach: number;
  rounds: number;
  /** Pixel (durable) by nginx (log not durable): requests a second, 64 kept connections, one core; median of the rounds. */
  ratioToNginx: number;
  ratioToBareNode: number;
  /** The same by requests for each second of CPU, which other work on the machine disturbs less. */
  ratioToNginxByCpu: number;
  ratioToBareNodeByCpu: number;
  /** Bytes of the hit log for each hit, of all that the pixel's runs wrote. */
  logBytesPerHit: number;
  results: Measurement[];
  further?: Record<string, number | string>;
}

export function machine(): Report['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    load: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
  };
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
};

/** Of each round the ratio, then the median: what else the machine did in a round fell on both. */
export function ratio(
  results: readonly Measurement[],
  over: SubjectName,
  under: SubjectName,
  value: (measurement: Measurement) => number,
): number {
  const of = (name: SubjectName): Measurement[] =>
    results.filter(
      ({ subject, connections, keepAlive }) => subject === name && connections === 64 && keepAlive,
    );
  const pairs = of(over).flatMap((one) => {
    const other = of(under).find(({ round }) => round === one.round);
    return other === undefined ? [] : [value(one) / value(other)];
  });
  return rounded(median(pairs), 3);
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The rounds of each case as one row. */
export function summary(results: readonly Measurement[]): Measurement[] {
  const groups = Map.groupBy(results, (each) => `${each.subject} ${each.connections} ${each.keepAlive}`);
  return [...groups.values()].flatMap((rounds) => {
    const [first] = rounds;
    if (first === undefined) return [];
    const middle = (value: (each: Measurement) => number): number => median(rounds.map(value));
    return [
      {
        ...first,
        requestsPerSecond: Math.round(middle((each) => each.requestsPerSecond)),
        perCpuSecond: Math.round(middle((each) => each.perCpuSecond)),
        p50Ms: rounded(
          middle((each) => each.p50Ms),
          2,
        ),
        p99Ms: rounded(
          middle((each) => each.p99Ms),
          2,
        ),
        p999Ms: rounded(
          middle((each) => each.p999Ms),
          2,
        ),
        cpuPercent: Math.round(middle((each) => each.cpuPercent)),
        rssMb: Math.round(Math.max(...rounds.map((each) => each.rssMb))),
        errors: rounds.reduce((sum, each) => sum + each.errors, 0),
      },
    ];
  });
}

export function table(report: Report): string {
  const head = ['', 'connections', 'requests/s', 'per CPU s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'CPU %', 'MB'];
  const rows = summary(report.results).map((each) => [
    each.subject,
    `${each.connections} ${each.keepAlive ? 'kept' : 'new'}`,
    each.requestsPerSecond,
    each.perCpuSecond,
    each.p50Ms,
    each.p99Ms,
    each.p999Ms,
    each.cpuPercent,
    each.rssMb,
  ]);
  const widths = head.map((name, at) =>
    Math.max(name.length, ...rows.map((row) => String(row[at] ?? '').length)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, at) =>
        at === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[at] ?? 0),
      )
      .join('  '),
  );
  const further = Object.entries(report.further ?? {}).map(([name, value]) => `${name}: ${value}`);
  return [
    ...lines,
    '',
    `pixel / nginx      ${report.ratioToNginx} (by CPU ${report.ratioToNginxByCpu}; goal 0.5)`,
    `pixel / node:http  ${report.ratioToBareNode} (by CPU ${report.ratioToBareNodeByCpu}; goal 0.8)`,
    `log bytes a hit    ${report.logBytesPerHit} (goal 150)`,
    ...further,
    '',
  ].join('\n');
}
