import { AppError } from '../kernel/errors.ts';
import { isLocalAddress, parseAddress } from '../truth/truth.ts';
import { AddressRanges } from './address-ranges.ts';

/** How an owner publishes addresses; see `format` in `data/ranges.json`. */
export interface PublishedForm {
  form: 'google' | 'microsoft' | 'lines' | 'csv';
  /** Of the endpoint sets, form `microsoft`. */
  ids?: readonly number[];
}

/** No owner of a single purpose has more in one piece. */
const SHORTEST_PREFIX = { 4: 8, 6: 19 } as const;
const LONGEST_PREFIX = { 4: 32, 6: 64 } as const;
/** A list changes by and by; more than this, up or down, is a broken file or another one. */
const PLAUSIBLE_FACTOR = 10;
/** Owners move some of their fetchers, not nearly all at once; another owner's list shares nothing. */
const LEAST_SHARED = 0.1;

/**
 * Reads a published list and refuses what cannot be meant: a page instead of a list, half a file, another owner's list, the whole
 * Internet.
 *
 * @param inUse the same list as it is in use now, to compare with
 * @throws AppError `invalid-input`, with one sentence
 */
export function readRangeList(text: string, form: PublishedForm, inUse: AddressRanges): AddressRanges {
  const prefixes = prefixesOf(text, form);
  for (const prefix of prefixes) checkPrefix(prefix);
  const ranges = AddressRanges.ofCidrs(prefixes);
  checkSize('ranges', BigInt(ranges.size.ipv4 + ranges.size.ipv6), BigInt(inUse.size.ipv4 + inUse.size.ipv6));
  checkSize('IPv4 addresses', ranges.coverage.ipv4, inUse.coverage.ipv4);
  checkSize('IPv6 networks', ranges.coverage.ipv6, inUse.coverage.ipv6);
  const shared = ranges.shareOf(inUse);
  if (shared < LEAST_SHARED)
    throw refused(`it has ${Math.round(shared * 100)} % of the ranges in use: that is another list`);
  return ranges;
}

function prefixesOf(text: string, { form, ids = [] }: PublishedForm): string[] {
  if (form === 'lines' || form === 'csv') {
    return text
      .split(/\r?\n/)
      .map((line) => (form === 'csv' ? (line.split(',')[0] ?? '') : line).trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  }
  const parsed = parseJson(text);
  const found = form === 'google' ? googlePrefixes(parsed) : microsoftPrefixes(parsed, ids);
  if (found === undefined || !found.every((prefix) => typeof prefix === 'string')) {
    throw refused('it has not the form in which this list is published');
  }
  return found;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused('it is no JSON', error);
  }
}

function googlePrefixes(parsed: unknown): unknown[] | undefined {
  const { prefixes } = (parsed ?? {}) as { prefixes?: unknown };
  if (!Array.isArray(prefixes)) return undefined;
  return (prefixes as { ipv4Prefix?: unknown; ipv6Prefix?: unknown }[]).map(
    (entry) => entry?.ipv4Prefix ?? entry?.ipv6Prefix,
  );
}

function microsoftPrefixes(parsed: unknown, ids: readonly number[]): unknown[] | undefined {
  if (!Array.isArray(parsed)) return undefined;
  const sets = (parsed as { id?: unknown; ips?: unknown }[]).filter((set) => ids.includes(set?.id as number));
  if (sets.length !== ids.length) return undefined;
  return [...new Set(sets.flatMap(({ ips }) => (Array.isArray(ips) ? (ips as unknown[]) : [])))];
}

function checkPrefix(prefix: string): void {
  const [text = '', bits = ''] = prefix.split('/');
  const address = parseAddress(text);
  const shown = JSON.stringify(prefix.slice(0, 60));
  if (address === undefined || !/^\d{1,3}$/.test(bits)) throw refused(`${shown} is no address prefix`);
  const { family } = address;
  if (Number(bits) < SHORTEST_PREFIX[family] || Number(bits) > LONGEST_PREFIX[family]) {
    throw refused(`${shown} is not of a size that such a list has`);
  }
  if (isLocalAddress(address)) throw refused(`${shown} is a private or reserved address`);
}

function checkSize(what: string, now: bigint, before: bigint): void {
  const factor = BigInt(PLAUSIBLE_FACTOR);
  if (now * factor < before || (before > 0n && now > before * factor) || (what === 'ranges' && now === 0n)) {
    throw refused(
      `it has ${now} ${what}, the one in use has ${before}: that is not the same list grown older`,
    );
  }
}

function refused(why: string, cause?: unknown): AppError {
  return new AppError('invalid-input', why, { cause });
}
