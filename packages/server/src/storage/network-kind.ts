import type { Network } from '@waybill/sdk';
import type { RangeName } from '../truth/truth.ts';
import networks from '../../data/networks.json' with { type: 'json' };
import type { NetworkOwner } from './network-table.ts';

const VENDORS = new Map(
  networks.vendors.flatMap(({ asns, range }) => asns.map((asn) => [asn, range as RangeName])),
);
const HOSTING_ASNS = new Set(networks.hosting.asns.map(([asn]) => asn));
const ACCESS_ASNS = new Set(networks.accessAsns.map(([asn]) => asn));
const HOSTING_WORDS = wordPattern(networks.hosting.words);
const ACCESS_WORDS = wordPattern(networks.accessWords);

/** What a network's owner makes of it, by `data/networks.json`. */
export function kindOfOwner({ asn, owner }: NetworkOwner): {
  kind: NonNullable<Network['kind']>;
  ranges: readonly RangeName[];
} {
  const vendor = VENDORS.get(asn);
  if (vendor !== undefined) return { kind: 'security-vendor', ranges: [vendor] };
  if (ACCESS_ASNS.has(asn)) return { kind: 'access', ranges: [] };
  if (HOSTING_ASNS.has(asn)) return { kind: 'hosting', ranges: [] };
  const name = owner.toLowerCase();
  return { kind: HOSTING_WORDS.test(name) && !ACCESS_WORDS.test(name) ? 'hosting' : 'access', ranges: [] };
}

function wordPattern(words: readonly string[]): RegExp {
  const parts = words.map((word) => {
    const literal = word.replaceAll('*', '').replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
    return word.endsWith('*') ? literal : `${literal}(?![a-z0-9])`;
  });
  return new RegExp(`(?<![a-z0-9])(?:${parts.join('|')})`);
}
