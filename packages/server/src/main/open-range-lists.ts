import type { RangeLists } from '../cli/data.ts';
import { checkRangeList, readRangeLists, replaceRangeLists } from '../storage/range-lists.ts';

/** For `waybill data`. @param directory where fetched lists are kept */
export function openRangeLists(directory: string, onDamaged: () => void): RangeLists {
  return {
    states: async () =>
      (await readRangeLists(directory, onDamaged)).map(
        ({ name, owner, date, origin, addresses, update }) => ({
          name,
          owner,
          date,
          origin,
          ranges: addresses.size.ipv4 + addresses.size.ipv6,
          ...(update === undefined ? {} : { url: update.url }),
        }),
      ),
    check: async (name, text) => void (await checkRangeList(directory, name, text)),
    replace: (texts, date) => replaceRangeLists(directory, texts, date),
  };
}
