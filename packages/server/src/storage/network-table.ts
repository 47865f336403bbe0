import { readFile } from 'node:fs/promises';
import type { Address } from '../truth/truth.ts';
import { lastNotAfter } from './address-ranges.ts';

export interface NetworkOwner {
  asn: number;
  owner: string;
}

const MAGIC = 'WBASN001';

/**
 * Address → autonomous system → owner, from the file that `scripts/build-tables.mjs` makes. Little-endian 32-bit
 * words throughout: magic (8 bytes), length of the header, header (JSON: builtFrom, and how many rows follow), then
 * the columns: IPv4 starts, owner indexes; IPv6 starts (upper 32 bits, next 32 bits), owner indexes; AS numbers;
 * ends of names; the names in UTF-8. A range ends where the next begins; owner 0 is nobody.
 */
export class NetworkTable {
  readonly builtFrom: string;
  readonly #ipv4: { starts: Uint32Array; owners: Uint32Array };
  readonly #ipv6: { highs: Uint32Array; lows: Uint32Array; owners: Uint32Array };
  readonly #asns: Uint32Array;
  readonly #nameOffsets: Uint32Array;
  readonly #names: Buffer;

  /** @throws Error if the file cannot be read or is no such table */
  static async open(file: string): Promise<NetworkTable> {
    return new NetworkTable(await readFile(file));
  }

  constructor(content: Buffer) {
    if (content.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error('This is no network table.');
    const headerLength = content.readUInt32LE(MAGIC.length);
    const headerEnd = MAGIC.length + 4 + headerLength;
    const header = JSON.parse(content.toString('utf8', MAGIC.length + 4, headerEnd)) as {
      builtFrom: string;
      ipv4: number;
      ipv6: number;
      owners: number;
    };
    this.builtFrom = header.builtFrom;
    let at = headerEnd;
    const column = (length: number): Uint32Array => {
      const start = content.byteOffset + at;
      at += length * 4;
      if (at > content.length) throw new Error('The network table is cut off.');
      return start % 4 === 0
        ? new Uint32Array(content.buffer, start, length)
        : new Uint32Array(content.buffer.slice(start, start + length * 4));
    };
    this.#ipv4 = { starts: column(header.ipv4), owners: column(header.ipv4) };
    this.#ipv6 = { highs: column(header.ipv6), lows: column(header.ipv6), owners: column(header.ipv6) };
    this.#asns = column(header.owners);
    this.#nameOffsets = column(header.owners + 1);
    this.#names = content.subarray(at);
  }

  /** @returns the row of the owner, for {@link owner}; 0 if the address is routed by nobody */
  ownerIndex({ family, words }: Address): number {
    if (family === 4) {
      const { starts, owners } = this.#ipv4;
      return owners[lastNotAfter(undefined, starts, 0, words[0])] ?? 0;
    }
    const { highs, lows, owners } = this.#ipv6;
    return owners[lastNotAfter(highs, lows, words[0], words[1])] ?? 0;
  }

  owner(index: number): NetworkOwner | undefined {
    const asn = this.#asns[index];
    if (index === 0 || asn === undefined) return undefined;
    return {
      asn,
      owner: this.#names.toString('utf8', this.#nameOffsets[index], this.#nameOffsets[index + 1]),
    };
  }
}
