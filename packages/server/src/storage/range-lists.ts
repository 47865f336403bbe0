import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from '@waybill/sdk';
import type { RangeName } from '../truth/truth.ts';
import shipped from '../../data/ranges.json' with { type: 'json' };
import relay from '../../data/apple-private-relay.json' with { type: 'json' };
import { AddressRanges } from './address-ranges.ts';
import { readRangeList, type PublishedForm } from './range-list.ts';

/** A list of addresses in use: as it came with this version, or as it was fetched since. */
export interface RangeList {
  name: RangeName;
  kind: NonNullable<Network['kind']>;
  owner: string;
  addresses: AddressRanges;
  /** Day of the list, `2026-11-23`. */
  date: string;
  origin: 'shipped' | 'fetched';
  /** Where the owner publishes it; absent when no list is published in a form to read. */
  update?: PublishedForm & { url: string };
}

/** In `DATA_DIR/tables`. One file, so that all lists change at one moment. */
const FILE = 'published-ranges.json';

interface FetchedList {
  source: string;
  date: string;
  /** See {@link AddressRanges.pack}. */
  packed: string;
}

/**
 * @param directory `DATA_DIR/tables`; absent: what was shipped
 * @param onDamaged told when the fetched lists cannot be read; those shipped are used then
 */
export async function readRangeLists(
  directory?: string,
  onDamaged: () => void = () => {},
): Promise<RangeList[]> {
  const lists = shippedLists();
  if (directory === undefined) return lists;
  try {
    const fetched = await readFetched(directory);
    return lists.map((list) => {
      const newer = fetched[list.name];
      // A new version of Waybill may bring a newer list than what was fetched once.
      if (newer === undefined || newer.date < list.date) return list;
      return { ...list, date: newer.date, origin: 'fetched', addresses: AddressRanges.unpack(newer.packed) };
    });
  } catch {
    onDamaged();
    return lists;
  }
}

/**
 * Checks the texts and puts them into use together: another process sees all of them or none.
 * @throws AppError `invalid-input` for a text that is not the list
 */
export async function replaceRangeLists(
  directory: string,
  texts: readonly { name: string; text: string; source: string }[],
  date: string,
): Promise<void> {
  const fetched = await readFetched(directory).catch((): Record<string, FetchedList> => ({}));
  for (const { name, text, source } of texts) {
    fetched[name] = { source, date, packed: (await checkRangeList(directory, name, text)).pack() };
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `${FILE}.${process.pid}`);
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ lists: fetched })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, FILE));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @throws AppError `invalid-input` when the text is not this list */
export async function checkRangeList(directory: string, name: string, text: string): Promise<AddressRanges> {
  const inUse = (await readRangeLists(directory)).find((list) => list.name === name);
  if (inUse?.update === undefined) throw new Error(`no such list: ${name}`);
  return readRangeList(text, inUse.update, inUse.addresses);
}

async function readFetched(directory: string): Promise<Record<string, FetchedList>> {
  let text: string;
  try {
    text = await readFile(join(directory, FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  return (JSON.parse(text) as { lists: Record<string, FetchedList> }).lists;
}

function shippedLists(): RangeList[] {
  return [
    ...shipped.ranges.map((entry): RangeList => {
      const { name, kind, owner, cidrs, date } = entry;
      return {
        name: name as RangeName,
        kind: kind as RangeList['kind'],
        owner,
        addresses: AddressRanges.ofCidrs(cidrs),
        date,
        origin: 'shipped',
        ...('update' in entry ? { update: entry.update as NonNullable<RangeList['update']> } : {}),
      };
    }),
    {
      name: 'apple-private-relay',
      kind: 'privacy-relay',
      owner: relay.owner,
      addresses: AddressRanges.unpack(relay.packed),
      date: relay.date,
      origin: 'shipped',
      update: relay.update as NonNullable<RangeList['update']>,
    },
  ];
}
