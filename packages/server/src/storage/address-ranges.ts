import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { parseAddress, type Address } from '../truth/truth.ts';

/**
 * A set of address ranges, searched in logarithmic time. IPv6 is held to 64 bits: published ranges of people's and
 * machines' networks are no finer.
 */
export class AddressRanges {
  readonly #ipv4: readonly Range[];
  readonly #ipv6: readonly Range[];

  /** @param ranges inclusive, in any order, overlapping or not */
  constructor(ranges: { ipv4: readonly Range[]; ipv6: readonly Range[] }) {
    this.#ipv4 = merged(ranges.ipv4);
    this.#ipv6 = merged(ranges.ipv6);
  }

  /** @throws Error for what is no CIDR prefix, or one of IPv6 longer than /64 */
  static ofCidrs(cidrs: readonly string[]): AddressRanges {
    const ipv4: Range[] = [];
    const ipv6: Range[] = [];
    for (const cidr of cidrs) {
      const [text = '', bits = ''] = cidr.split('/');
      const address = parseAddress(text);
      const width = address?.family === 4 ? 32 : 64;
      const free = width - Number(bits);
      if (address === undefined || !/^\d{1,2}$/.test(bits) || free < 0)
        throw new Error(`Not a usable CIDR prefix: ${cidr}`);
      const size = 1n << BigInt(free);
      const start = (valueOf(address) / size) * size;
      (address.family === 4 ? ipv4 : ipv6).push({ start, end: start + size - 1n });
    }
    return new AddressRanges({ ipv4, ipv6 });
  }

  /**
   * Reads {@link pack}'s form: base64 of Brotli of, for IPv4 and then IPv6, the number of ranges and for each the
   * distance from the end of the one before and its length less one, all in LEB128 (IPv6 in units of a /64).
   */
  static unpack(packed: string): AddressRanges {
    const bytes = brotliDecompressSync(Buffer.from(packed, 'base64'));
    let at = 0;
    const next = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at];
        if (byte === undefined) throw new Error('The packed ranges end too early.');
        at += 1;
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const family = (): Range[] => {
      const ranges: Range[] = [];
      let position = 0n;
      for (let left = next(); left > 0n; left -= 1n) {
        const start = position + next();
        position = start + next();
        ranges.push({ start, end: position });
      }
      return ranges;
    };
    return new AddressRanges({ ipv4: family(), ipv6: family() });
  }

  pack(): string {
    const bytes: number[] = [];
    const push = (value: bigint): void => {
      let rest = value;
      for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
      bytes.push(Number(rest));
    };
    for (const ranges of [this.#ipv4, this.#ipv6]) {
      push(BigInt(ranges.length));
      let position = 0n;
      for (const { start, end } of ranges) {
        push(start - position);
        push(end - start);
        position = end;
      }
    }
    return brotliCompressSync(Uint8Array.from(bytes)).toString('base64');
  }

  includes(address: Address): boolean {
    return this.#index(address.family).includes(address);
  }

  /** What share of the other's ranges begin inside these, 0..1; 1 if the other has none. */
  shareOf(other: AddressRanges): number {
    const starts = [
      ...other.#ipv4.map(({ start }): Address => ({ family: 4, words: [Number(start)] })),
      ...other.#ipv6.map(({ start }): Address => ({
        family: 6,
        words: [Number(start >> 32n), Number(start & 0xffffffffn), 0, 0],
      })),
    ];
    if (starts.length === 0) return 1;
    return starts.filter((address) => this.includes(address)).length / starts.length;
  }

  get size(): { ipv4: number; ipv6: number } {
    return { ipv4: this.#ipv4.length, ipv6: this.#ipv6.length };
  }

  /** How much they cover: addresses of IPv4, networks of 64 bits of IPv6. */
  get coverage(): { ipv4: bigint; ipv6: bigint } {
    const sum = (ranges: readonly Range[]): bigint =>
      ranges.reduce((total, { start, end }) => total + end - start + 1n, 0n);
    return { ipv4: sum(this.#ipv4), ipv6: sum(this.#ipv6) };
  }

  readonly #indexes = new Map<4 | 6, Index>();
  #index(family: 4 | 6): Index {
    let index = this.#indexes.get(family);
    if (index === undefined) {
      index = new Index(family === 4 ? this.#ipv4 : this.#ipv6);
      this.#indexes.set(family, index);
    }
    return index;
  }
}

/** Inclusive; IPv6 by its upper 64 bits. */
export interface Range {
  start: bigint;
  end: bigint;
}

/** The ranges in plain words, since comparing bigints is slow on a hot path. */
class Index {
  readonly #startHigh: Uint32Array;
  readonly #startLow: Uint32Array;
  readonly #endHigh: Uint32Array;
  readonly #endLow: Uint32Array;

  constructor(ranges: readonly Range[]) {
    this.#startHigh = Uint32Array.from(ranges, ({ start }) => Number(start >> 32n));
    this.#startLow = Uint32Array.from(ranges, ({ start }) => Number(start & 0xffffffffn));
    this.#endHigh = Uint32Array.from(ranges, ({ end }) => Number(end >> 32n));
    this.#endLow = Uint32Array.from(ranges, ({ end }) => Number(end & 0xffffffffn));
  }

  includes({ family, words }: Address): boolean {
    const high = family === 4 ? 0 : words[0];
    const low = family === 4 ? words[0] : words[1];
    const at = lastNotAfter(this.#startHigh, this.#startLow, high, low);
    if (at === -1) return false;
    const endHigh = this.#endHigh[at] ?? 0;
    return high < endHigh || (high === endHigh && low <= (this.#endLow[at] ?? 0));
  }
}

/** @returns the index of the last start that is not after the value, -1 if all are */
export function lastNotAfter(
  highs: Uint32Array | undefined,
  lows: Uint32Array,
  high: number,
  low: number,
): number {
  let from = 0;
  let to = lows.length - 1;
  while (from <= to) {
    const middle = (from + to) >>> 1;
    const startHigh = highs === undefined ? 0 : (highs[middle] ?? 0);
    if (startHigh < high || (startHigh === high && (lows[middle] ?? 0) <= low)) from = middle + 1;
    else to = middle - 1;
  }
  return to;
}

function valueOf({ family, words }: Address): bigint {
  return family === 4 ? BigInt(words[0]) : (BigInt(words[0]) << 32n) | BigInt(words[1]);
}

function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { start, end } of ranges.toSorted((a, b) =>
    a.start < b.start ? -1 : a.start > b.start ? 1 : 0,
  )) {
    const last = result.at(-1);
    if (last !== undefined && start <= last.end + 1n) {
      if (end > last.end) last.end = end;
    } else result.push({ start, end });
  }
  return result;
}
