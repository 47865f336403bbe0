import type { QueuedCopy, QueueSummary } from '@waybill/sdk';
import { dayPhrase, momentPhrase } from '../design/time-words.ts';

const minuteMs = 60_000;

/** A time to come, in a sentence: `in a moment`, `in 4 min`, `today at 16:30`, `tomorrow at 09:00`. */
export function untilWords(iso: string, now: Date, timeZone?: string): string {
  const inMs = Date.parse(iso) - now.getTime();
  if (inMs < 1.5 * minuteMs) return 'in a moment';
  if (inMs < 60 * minuteMs) return `in ${Math.round(inMs / minuteMs)} min`;
  const dayLater = new Date(now.getTime() + 24 * 60 * minuteMs);
  if (dayPhrase(iso, dayLater, timeZone) === 'today')
    return momentPhrase(iso, dayLater, timeZone).replace(/^today/, 'tomorrow');
  return momentPhrase(iso, now, timeZone);
}

export function attemptsWords({ attempts }: Pick<QueuedCopy, 'attempts'>): string {
  if (attempts === 0) return 'Not tried yet';
  return attempts === 1 ? 'Tried once' : `Tried ${attempts} times`;
}

/** The answer to "does my mail go out?", in one sentence of two parts. */
export function queueSentence(summary: QueueSummary, demo: boolean): { lead: string; rest: string } {
  const { waiting, sending, failed } = summary;
  const mails = (count: number) => `${count.toLocaleString('en-GB')} ${count === 1 ? 'copy' : 'copies'}`;
  const lately = failed === 0 ? '' : ` ${mails(failed)} failed lately.`;
  if (waiting + sending === 0) {
    return {
      lead: 'Nothing waits.',
      rest: demo
        ? ` Mail goes into the demo inbox and to nobody.${lately}`
        : ` What was handed in is on its way.${lately}`,
    };
  }
  const kept = summary.byReason.reduce((sum, reason) => sum + reason.waiting, 0);
  const lead = waiting === 0 ? `${mails(sending)} on the way.` : `${mails(waiting)} waiting.`;
  const rest =
    kept === 0
      ? ' Each is sent in its turn.'
      : kept === 1
        ? ' One was put off and is tried again by itself.'
        : ` ${kept.toLocaleString('en-GB')} were put off and are tried again by themselves.`;
  return { lead, rest: `${rest}${lately}` };
}
