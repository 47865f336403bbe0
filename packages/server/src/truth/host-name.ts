import names from '../../data/host-names.json' with { type: 'json' };
import type { Evidence } from './evidence.ts';
import type { Observation } from './observation.ts';

type Row = (typeof names.names)[number];

const BY_SUFFIX = new Map<string, Row>(names.names.map((row) => [row.suffix, row]));

/**
 * The end of a host name that means something, e.g. `pphosted.com`; undefined for a name that says nothing. Only this
 * end is kept: a reader's own host name often holds their address.
 */
export function tellingSuffix(host: string): string | undefined {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  // Google numbers its proxies in the first label: google-proxy-66-249-84-1.google.com.
  if (labels[0]?.startsWith('google-proxy-') === true) labels[0] = 'google-proxy';
  for (let from = 0; from + 1 < labels.length; from += 1) {
    const suffix = labels.slice(from).join('.');
    if (BY_SUFFIX.has(suffix)) return suffix;
  }
  return undefined;
}

/** Part of the second layer: a host name that leads to the address and back. @param host see {@link tellingSuffix} */
export function hostEvidence({ host, kind }: Observation): Evidence[] {
  const row = host === undefined ? undefined : BY_SUFFIX.get(host);
  if (row === undefined) return [];
  switch (row.is) {
    case 'scanner':
      return [
        {
          toward: 'scanner',
          weight: 6,
          code: 'gateway-host',
          text: `The address bears the name of ${row.owner}’s mail gateways (${row.suffix}), forwards and backwards.`,
        },
      ];
    case 'image-proxy':
      if (kind === 'click') return [];
      return (['human-via-proxy', 'prefetch'] as const).map((toward) => ({
        toward,
        weight: 1.5,
        code: 'proxy-host',
        text: `The address bears the name of ${row.owner}’s image proxy, forwards and backwards.`,
      }));
    default:
      return [
        {
          toward: 'automation',
          weight: 5,
          code: 'crawler-host',
          text: `The address bears the name of ${row.owner}’s crawlers (${row.suffix}), forwards and backwards.`,
        },
      ];
  }
}
