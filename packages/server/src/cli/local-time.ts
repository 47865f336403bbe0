const UNITS: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const JUST_NOW_MS = 60_000;

const dateTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const utcDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const timeOfDay = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** `23 Nov 2026, 14:02:07`, in this machine's time zone. */
export function localTime(iso: string): string {
  return dateTime.format(new Date(iso));
}

/** `14:02:07`, in this machine's time zone. */
export function localTimeOfDay(iso: string): string {
  return timeOfDay.format(new Date(iso));
}

/** `23 Nov 2026`, for events of which only the day (UTC) is kept. */
export function dayOnly(iso: string): string {
  return utcDay.format(new Date(iso));
}

/** `2 hours ago`; `just now` within a minute, whichever clock is ahead. */
export function relativeTime(iso: string, nowMs: number): string {
  const agoMs = nowMs - Date.parse(iso);
  if (agoMs < JUST_NOW_MS) return 'just now';
  const [unit, ms] = UNITS.find(([, length]) => agoMs >= length) ?? ['minute', 60_000];
  return relative.format(-Math.floor(agoMs / ms), unit);
}
