import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { Histogram } from '../../kernel/histogram.ts';
import type { ApiDeps } from '../deps.ts';
import type { EventStream } from '../event-stream.ts';
import { renderMetrics, type Metric } from '../metrics.ts';
import { route } from '../route.ts';
import { named } from '../schemas/named.ts';

const health = named('Health', z.strictObject({ status: z.literal('ok') }));
const readiness = named(
  'Readiness',
  z.strictObject({
    status: z.enum(['ready', 'not-ready']),
    checks: z.record(z.string(), z.enum(['ok', 'failed', 'degraded'])),
    /** Why a check failed, where that can be said in words. */
    reasons: z.record(z.string(), z.string()).optional(),
  }),
);

export function readHealth() {
  return route({
    access: 'public',
    tag: 'Operation',
    summary: 'Whether the process is alive',
    answer: { status: 200, description: 'It is', schema: health },
    handle: async () => ({ status: 'ok' }),
  });
}

export function readReadiness(deps: Pick<ApiDeps, 'readiness' | 'degraded' | 'logger'>) {
  return route({
    access: 'public',
    tag: 'Operation',
    summary: 'Whether all parts work; 503 when one does not',
    description:
      '`degraded`: a part that others can wait for, such as the smarthost. Mail is taken and kept meanwhile.',
    answer: { status: 200, description: 'All parts work', schema: readiness },
    problems: [503],
    handle: async ({ reply }) => {
      const reasons: Record<string, string> = {};
      const checks = await Promise.all(
        Object.entries(deps.readiness).map(async ([name, check]) => {
          try {
            await check();
            return [name, 'ok'] as const;
          } catch (error) {
            deps.logger.warn({ err: error, check: name }, 'not ready');
            if (error instanceof AppError) reasons[name] = error.message;
            return [name, 'failed'] as const;
          }
        }),
      );
      const isReady = checks.every(([, state]) => state === 'ok');
      reply.code(isReady ? 200 : 503);
      const degraded = (deps.degraded?.() ?? []).map((name) => [name, 'degraded'] as const);
      return {
        status: isReady ? 'ready' : 'not-ready',
        checks: Object.fromEntries([...checks, ...degraded]),
        ...(Object.keys(reasons).length === 0 ? {} : { reasons }),
      };
    },
  });
}

/** Of the listener, since its start. */
export interface RequestCounts {
  /** By class of status, `2xx`. */
  answered: ReadonlyMap<string, number>;
  durations: Pick<Histogram, 'counts'>;
}

export function readMetrics(deps: Pick<ApiDeps, 'metrics'>, stream: EventStream, requests: RequestCounts) {
  return route({
    access: 'public',
    tag: 'Operation',
    summary: 'Counters in the Prometheus text format',
    answer: { status: 200, description: 'The counters', contentType: 'text/plain' },
    handle: async ({ reply }) => {
      const own: Metric[] = [
        {
          name: 'waybill_api_requests_total',
          help: 'Requests answered by the API listener',
          type: 'counter',
          samples: [...requests.answered].map(([status, value]) => ({ labels: { status }, value })),
        },
        {
          name: 'waybill_api_request_seconds',
          help: 'From a request of the API listener to its whole answer; event streams count when they end',
          type: 'histogram',
          counts: requests.durations.counts(),
        },
        {
          name: 'waybill_event_streams',
          help: 'Open event streams',
          type: 'gauge',
          samples: [{ value: stream.connectionCount }],
        },
      ];
      const text = renderMetrics([...(await deps.metrics()), ...own]);
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
    },
  });
}
