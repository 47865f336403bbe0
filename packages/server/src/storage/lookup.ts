import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Network, Place } from '@waybill/sdk';
import { isLocalAddress, parseAddress, type Address, type Lookup, type RangeName } from '../truth/truth.ts';
import { kindOfOwner } from './network-kind.ts';
import { NetworkTable } from './network-table.ts';
import { PlaceDatabase } from './place-database.ts';
import { readRangeLists, type RangeList } from './range-lists.ts';

export interface LookupOptions {
  /** Where `asn.bin` is; the launcher builds it into `packages/server/tables`. */
  tablesDirectory?: string;
  /** `DATA_DIR/tables`, where `waybill data update` puts newer lists of ranges than those shipped. */
  fetchedDirectory?: string;
  /** Told in one sentence what is missing and what it means. */
  onMissing?: (sentence: string) => void;
}

/** A lookup that reads big files only when they are needed. */
export interface OfflineLookup extends Lookup {
  /** Makes the next look-ups of these addresses fast: reads the IPv6 database without blocking if one needs it. */
  prepare(ips: Iterable<string | undefined>): Promise<void>;
}

/** Networks and places from files on this machine. What is not installed is unknown, never an error. */
export async function createLookup(options: LookupOptions = {}): Promise<OfflineLookup> {
  const tables = options.tablesDirectory ?? join(dirname(fileURLToPath(import.meta.url)), '../../tables');
  const missing = options.onMissing ?? (() => undefined);
  const [networks, places, ranges] = await Promise.all([
    NetworkTable.open(join(tables, 'asn.bin')).catch(() => {
      missing(
        'The network table is not built (run npm start or node scripts/build-tables.mjs): owners of networks are unknown.',
      );
      return undefined;
    }),
    PlaceDatabase.open().catch(() => {
      missing('The place database is not installed: places are unknown.');
      return undefined;
    }),
    readRangeLists(options.fetchedDirectory, () =>
      missing(
        'The fetched address ranges cannot be read: those of this version are used (waybill data update).',
      ),
    ),
  ]);
  return new FileLookup(networks, places, ranges);
}

const UNKNOWN_NETWORK: Network = { kind: 'unknown' };
const UNKNOWN_PLACE: Place = { grain: 'unknown' };
const NO_RANGES: readonly RangeName[] = [];
/** Addresses whose network is remembered: several hits of one reader come together. */
const KEPT_NETWORKS = 20_000;

interface NetworkFacts {
  network: Network;
  ranges: readonly RangeName[];
}

class FileLookup implements OfflineLookup {
  readonly #networks: NetworkTable | undefined;
  readonly #places: PlaceDatabase | undefined;
  readonly #published: readonly RangeList[];
  readonly #byOwner = new Map<number, NetworkFacts>();
  readonly #kept = new Map<string, NetworkFacts>();

  constructor(
    networks: NetworkTable | undefined,
    places: PlaceDatabase | undefined,
    published: readonly RangeList[],
  ) {
    this.#networks = networks;
    this.#places = places;
    this.#published = published;
  }

  network(ip: string): Network {
    return this.#facts(ip).network;
  }

  ranges(ip: string): readonly RangeName[] {
    return this.#facts(ip).ranges;
  }

  place(ip: string): Place {
    const address = parseAddress(ip);
    if (address === undefined) return UNKNOWN_PLACE;
    if (isLocalAddress(address)) return { grain: 'local-network' };
    return this.#places?.place(ip, address.family) ?? UNKNOWN_PLACE;
  }

  async prepare(ips: Iterable<string | undefined>): Promise<void> {
    if (this.#places === undefined) return;
    for (const ip of ips) {
      if (ip?.includes(':') === true && parseAddress(ip)?.family === 6) return this.#places.prepareIpv6();
    }
  }

  #facts(ip: string): NetworkFacts {
    let facts = this.#kept.get(ip);
    if (facts === undefined) {
      const address = parseAddress(ip);
      facts = address === undefined ? { network: UNKNOWN_NETWORK, ranges: NO_RANGES } : this.#find(address);
      if (this.#kept.size >= KEPT_NETWORKS) this.#kept.clear();
      this.#kept.set(ip, facts);
    }
    return facts;
  }

  #find(address: Address): NetworkFacts {
    if (isLocalAddress(address)) return { network: { kind: 'local' }, ranges: NO_RANGES };
    const published = this.#published.find(({ addresses }) => addresses.includes(address));
    const index = this.#networks?.ownerIndex(address) ?? 0;
    if (published === undefined) return this.#owned(index);
    const asn = this.#networks?.owner(index)?.asn;
    const { name, owner, kind } = published;
    return { network: { ...(asn === undefined ? {} : { asn }), owner, kind }, ranges: [name] };
  }

  #owned(index: number): NetworkFacts {
    let facts = this.#byOwner.get(index);
    if (facts === undefined) {
      const owner = this.#networks?.owner(index);
      if (owner === undefined) facts = { network: UNKNOWN_NETWORK, ranges: NO_RANGES };
      else {
        const { kind, ranges: names } = kindOfOwner(owner);
        facts = { network: { ...owner, kind }, ranges: names };
      }
      this.#byOwner.set(index, facts);
    }
    return facts;
  }
}
