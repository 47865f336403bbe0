import type { Metric } from '../api/api.ts';
import type { SendingState } from '../relay/relay.ts';

/** How mail goes out. */
export function relayMetrics({ smarthost, openings, limit, running, ends }: SendingState): Metric[] {
  const attempts: Metric = {
    name: 'waybill_relay_attempts_total',
    help: 'Attempts to send a copy, by result',
    type: 'counter',
    samples: Object.entries(ends).map(([result, value]) => ({ labels: { result }, value })),
  };
  if (smarthost === null) return [attempts];
  return [
    attempts,
    gauge(
      'waybill_smarthost_up',
      '0 while the smarthost fails and all copies wait',
      smarthost.state === 'up' ? 1 : 0,
    ),
    {
      name: 'waybill_smarthost_outages_total',
      help: 'How many times the smarthost was found failing',
      type: 'counter',
      samples: [{ value: openings }],
    },
    gauge('waybill_relay_copies_limit', 'Copies that may be on their way at the same time now', limit),
    gauge('waybill_relay_copies', 'Copies on their way, or whose outcome is being noted', running),
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', samples: [{ value }] };
}
