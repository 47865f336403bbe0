/**
 * Times in words. `timeZone` is an IANA name; without it the reader's own zone is used.
 * All take ISO 8601 and the present moment, so that they can be tested and re-rendered as time passes.
 */
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function parts(at: Date, timeZone: string | undefined, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', {
    ...options,
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(at);
}

/** Whole calendar days between two moments as the reader's calendar sees them. */
function daysBetween(at: Date, now: Date, timeZone: string | undefined): number {
  const dayNumber = (moment: Date) =>
    Date.parse(
      `${new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', ...(timeZone === undefined ? {} : { timeZone }) }).format(moment)}T00:00:00Z`,
    );
  return Math.round((dayNumber(now) - dayNumber(at)) / (24 * hourMs));
}

const clock = (at: Date, timeZone?: string) => parts(at, timeZone, { hour: '2-digit', minute: '2-digit' });

function calendarDay(at: Date, now: Date, timeZone: string | undefined, month: 'short' | 'long'): string {
  const sameYear = parts(at, timeZone, { year: 'numeric' }) === parts(now, timeZone, { year: 'numeric' });
  return parts(at, timeZone, { day: 'numeric', month, ...(sameYear ? {} : { year: 'numeric' }) });
}

/** Short, for lists: `just now`, `5 min ago`, `14:02`, `yesterday`, `Mon`, `12 Nov`, `12 Nov 2025`. */
export function relativeTime(iso: string, now: Date, timeZone?: string): string {
  const at = new Date(iso);
  const ageMs = now.getTime() - at.getTime();
  if (ageMs < 45_000 && ageMs > -minuteMs) return 'just now';
  if (ageMs >= 0 && ageMs < hourMs) return `${Math.max(1, Math.round(ageMs / minuteMs))} min ago`;
  const days = daysBetween(at, now, timeZone);
  if (days === 0) return clock(at, timeZone);
  if (days === 1) return 'yesterday';
  if (days > 1 && days < 7) return parts(at, timeZone, { weekday: 'short' });
  return calendarDay(at, now, timeZone, 'short');
}

/** In a sentence: `today at 14:02`, `yesterday at 14:02`, `on Monday at 14:02`, `on 12 November at 14:02`. */
export function momentPhrase(iso: string, now: Date, timeZone?: string): string {
  return `${dayPhrase(iso, now, timeZone)} at ${clock(new Date(iso), timeZone)}`;
}

/** In a sentence, when only the day is known: `today`, `yesterday`, `on Monday`, `on 12 November`. */
export function dayPhrase(iso: string, now: Date, timeZone?: string): string {
  const at = new Date(iso);
  const days = daysBetween(at, now, timeZone);
  if (days === 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days > 1 && days < 7) return `on ${parts(at, timeZone, { weekday: 'long' })}`;
  return `on ${calendarDay(at, now, timeZone, 'long')}`;
}

/** Everything that is known of the moment, for tooltips and screen readers. */
export function exactTime(iso: string, timeZone?: string): string {
  const at = new Date(iso);
  const weekday = parts(at, timeZone, { weekday: 'long' });
  const day = parts(at, timeZone, { day: 'numeric', month: 'long', year: 'numeric' });
  const time = parts(at, timeZone, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return `${weekday} ${day}, ${time}`;
}

/** The clock with seconds, for timelines: `14:02:11`. */
export function clockTime(iso: string, timeZone?: string): string {
  return parts(new Date(iso), timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** A day's heading in a timeline: `Today`, `Yesterday`, `Monday`, `12 November`. */
export function dayHeading(iso: string, now: Date, timeZone?: string): string {
  const phrase = dayPhrase(iso, now, timeZone).replace(/^on /, '');
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** How long something took: `4 s`, `3 min`, `2 h`, `5 days`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 36) return `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}
