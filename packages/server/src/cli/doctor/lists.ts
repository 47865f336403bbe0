import { DAY_MS } from '../../kernel/clock.ts';
import type { RangeListState } from '../data.ts';
import type { Finding } from './finding.ts';

const OLD_DAYS = 120;

/** Whether the published address lists by which hits are judged are of a useful age. */
export function ofLists(states: readonly RangeListState[], now: number): Finding[] {
  const topic = 'address lists';
  const ages = states
    .filter(({ url }) => url !== undefined)
    .map(({ name, date }) => ({ name, days: Math.floor((now - Date.parse(date)) / DAY_MS) }))
    .toSorted((a, b) => b.days - a.days);
  const [oldest] = ages;
  if (oldest === undefined || oldest.days <= OLD_DAYS) {
    return [
      {
        topic,
        level: 'ok',
        text: `all ${states.length} are at most ${Math.max(0, oldest?.days ?? 0)} days old`,
      },
    ];
  }
  const old = ages.filter(({ days }) => days > OLD_DAYS).length;
  return [
    {
      topic,
      level: 'warning',
      text: `${old} of ${states.length} are old, the oldest (${oldest.name}) ${oldest.days} days`,
      advice: 'waybill data update',
    },
  ];
}
