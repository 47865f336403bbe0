import type { ChildProcess } from 'node:child_process';
import { send, type EdgeMetricsReport, type FromEdge, type ToEdge } from './ipc.ts';

interface Member {
  child: ChildProcess | undefined;
  /** What it has confirmed of the deny set; undefined until it is ready. */
  denyVersion: number | undefined;
  metrics: EdgeMetricsReport;
}

/**
 * The edge's processes, which listen at one address, as one edge: ready when all are, confirming what all have
 * confirmed, with the sum of their counts.
 */
export class EdgeGroup {
  readonly #members: Member[];

  constructor(workers: number) {
    this.#members = Array.from({ length: workers }, () => ({
      child: undefined,
      denyVersion: undefined,
      metrics: {},
    }));
  }

  get size(): number {
    return this.#members.length;
  }

  get children(): ChildProcess[] {
    return this.#members.flatMap(({ child }) => (child === undefined ? [] : [child]));
  }

  /** It was started, or has ended: then it has confirmed nothing until it is ready again. */
  set(worker: number, child: ChildProcess | undefined): void {
    const member = this.#members[worker];
    if (member === undefined) return;
    member.child = child;
    member.denyVersion = undefined;
  }

  send(message: ToEdge): void {
    for (const child of this.children) send(child, message);
  }

  /** @returns what one edge would say for all of them; undefined while one has not said it yet */
  take(worker: number, message: FromEdge): FromEdge | undefined {
    const member = this.#members[worker];
    if (member === undefined) return undefined;
    if (message.type === 'edge-metrics') {
      member.metrics = message.metrics;
      return { type: 'edge-metrics', metrics: this.#sum() };
    }
    member.denyVersion = message.type === 'edge-ready' ? message.denyVersion : message.version;
    const versions = this.#members.map(({ denyVersion }) => denyVersion);
    if (versions.includes(undefined)) return undefined;
    const confirmed = Math.min(...versions.map((version) => version ?? 0));
    return message.type === 'edge-ready'
      ? { ...message, denyVersion: confirmed }
      : { type: 'deny-ack', version: confirmed };
  }

  #sum(): EdgeMetricsReport {
    const sum: EdgeMetricsReport = {};
    for (const { metrics } of this.#members)
      for (const [name, value] of Object.entries(metrics)) sum[name] = (sum[name] ?? 0) + value;
    return sum;
  }
}
