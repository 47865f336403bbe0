import { WaybillError, type DeliveryDetail, type Event, type Message, type Verdict } from '@waybill/sdk';
import { isPerson, oneLine, percentText } from '../notify/notify.ts';
import { connect, explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { dayOnly, localTime, relativeTime } from './local-time.ts';
import { paintFor, type Paint } from './paint.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';
import { eventFacts, eventWords, readSentence, verdictSentence } from './sentences.ts';

const USAGE = {
  command: 'status',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill status NUMBER... [--json]

Shows what is known of each tracking number: the verdict, and the way of the mail.
Case, spaces and dashes of a number don't matter.

  --json   one JSON object a line instead, as the API gives it
`,
} as const satisfies Usage;

/** `waybill status`: exits with 1 when a number is unknown, after showing the others. */
export async function run(args: string[], io: CliIo): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (positionals.length === 0) return wrongCall('status', 'Which number?', io);
  let failed = false;
  let shown = 0;
  for (const number of positionals) {
    try {
      const client = await connect(io.env);
      const delivery = await client.delivery(number);
      if (values.json === true) io.stdout.write(`${JSON.stringify(delivery)}\n`);
      else {
        // The copy is what was asked for: without its mail it is shown all the same.
        const message = await client.message(delivery.messageId).catch(() => undefined);
        const text = describe(delivery, message, io.clock(), paintFor(io));
        io.stdout.write(`${shown === 0 ? '' : '\n'}${text}`);
      }
      shown += 1;
    } catch (error) {
      failed = true;
      if (!isUnknown(error)) {
        explainFailure('status', error, io.stderr);
        return 1;
      }
      io.stderr.write(`waybill status: ${unknownText(number, error)}\n`);
    }
  }
  return failed ? 1 : 0;
}

function isUnknown(error: unknown): error is WaybillError {
  return error instanceof WaybillError && error.status === 404;
}

function unknownText(number: string, error: WaybillError): string {
  const shown = JSON.stringify(oneLine(number, 40));
  // The check symbol tells what was mistyped.
  const [, slip] = /^This is not a tracking number: (.+)$/.exec(error.message) ?? [];
  return slip === undefined
    ? `There is no delivery with the number ${shown} in this workspace.`
    : `${shown} is not a tracking number: ${slip}`;
}

function describe(
  delivery: DeliveryDetail,
  message: Message | undefined,
  nowMs: number,
  paint: Paint,
): string {
  const { verdict, earlier } = delivery;
  const whole = { ...delivery, events: [...(earlier?.milestones ?? []), ...delivery.events] };
  return lines([
    `${paint.strong(delivery.trackingNumber)}  ${oneLine(delivery.subject) || '(no subject)'}`,
    paint.quiet(
      `to ${oneLine(delivery.recipient)}, from ${oneLine(delivery.from)}${sentText(delivery, nowMs)}`,
    ),
    '',
    `${paint.strong(oneLine(verdictSentence(whole, nowMs)))}${paint.quiet(certainty(verdict))}`,
    ...(delivery.untouchedBecause === undefined
      ? []
      : [`Not tracked: ${oneLine(delivery.untouchedBecause)}`]),
    ...verdict.reasons.map(({ text }) => paint.quiet(`  ${oneLine(text)}`)),
    ...(message === undefined || message.read.of < 2 ? [] : [readSentence(message.read)]),
    ...(message === undefined ? [] : linksLeft(message, paint)),
    '',
    ...(earlier === undefined ? [] : [paint.quiet(`  ${earlierText(earlier.count)}`)]),
    ...delivery.events.flatMap((event) => station(event, delivery, nowMs, paint)),
  ]);
}

function earlierText(count: number): string {
  return `${count} earlier ${count === 1 ? 'event is' : 'events are'} not shown here; the dashboard has them.`;
}

/** Why some links cannot be seen followed, in the words of the preview. */
function linksLeft({ untouchedLinkCounts = [] }: Message, paint: Paint): string[] {
  const all = untouchedLinkCounts.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return [];
  return [
    all === 1 ? 'One link is left as it is:' : `${all} links are left as they are:`,
    ...untouchedLinkCounts.map(({ reason, count }) =>
      paint.quiet(`  ${oneLine(reason.text)}${count === 1 ? '' : ` (${count})`}`),
    ),
  ];
}

/** How sure, of what is a matter of judgement. */
function certainty({ state, confidence, settled }: Verdict): string {
  const isJudged = state === 'probably-read' || state === 'read' || state === 'clicked';
  return isJudged ? ` (${percentText(confidence)} sure${settled ? '' : ', may still change'})` : '';
}

function sentText({ sentAt }: DeliveryDetail, nowMs: number): string {
  return sentAt === null
    ? ', not sent yet'
    : `, sent on ${localTime(sentAt)} (${relativeTime(sentAt, nowMs)})`;
}

/** One station of the way: filled where the mail or a person was, an outline for machines. */
function station(event: Event, delivery: DeliveryDetail, nowMs: number, paint: Paint): string[] {
  const isHit = event.type === 'opened' || event.type === 'clicked';
  const time = delivery.mode === 'day' && isHit ? dayOnly(event.at) : localTime(event.at);
  const when = time.padEnd(22);
  const head = `  ${markOf(event, paint)} ${when}  ${eventWords(event)}`;
  const percent = event.confidence === undefined ? '' : ` (${percentText(event.confidence)})`;
  const relative = delivery.mode === 'day' && isHit ? '' : `, ${relativeTime(event.at, nowMs)}`;
  const facts = eventFacts(event).map((fact) => oneLine(fact, 200));
  return [
    `${head}${paint.quiet(`${percent}${relative}`)}`,
    ...(facts.length === 0 ? [] : [`${INDENT}${facts.join(' · ')}`]),
    ...(event.reasons ?? []).map(({ text }) => paint.quiet(`${INDENT}${oneLine(text)}`)),
  ];
}

const INDENT = ' '.repeat(28);

function markOf({ type, actor }: Event, paint: Paint): string {
  if (type === 'bounced' || type === 'deferred' || type === 'complained') return paint.trouble('✕');
  if (type !== 'opened' && type !== 'clicked') return '●';
  return isPerson(actor) ? paint.person('●') : paint.quiet('○');
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}
