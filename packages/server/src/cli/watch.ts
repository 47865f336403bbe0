import type { WaybillError } from '@waybill/sdk';
import { type StreamEvent } from '@waybill/sdk';
import { isPerson, oneLine } from '../notify/notify.ts';
import { connect, explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { localTimeOfDay } from './local-time.ts';
import { paintFor, type Paint } from './paint.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';
import { eventFacts, eventWords } from './sentences.ts';

const USAGE = {
  command: 'watch',
  options: { since: { type: 'string' }, json: { type: 'boolean' } },
  text: `Usage: waybill watch [--since POSITION] [--json]

Shows events as they happen, one a line, until Ctrl-C. A lost connection is made again, without a gap.

  --since POSITION   begin behind this event ("position" in the JSON output); 0 is the very first
  --json             one JSON object a line instead, as the API gives it
`,
} as const satisfies Usage;

/** `waybill watch`: ends with 0 on Ctrl-C and when nobody reads its output any more. */
export async function run(args: string[], io: CliIo): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (positionals.length > 0)
    return wrongCall('watch', `${JSON.stringify(positionals[0])} is not understood.`, io);
  const readerGone = new AbortController();
  const onError = (): void => readerGone.abort();
  io.stdout.on('error', onError);
  try {
    await follow(io, AbortSignal.any([io.signal, readerGone.signal]), values);
    return 0;
  } catch (error) {
    explainFailure('watch', error, io.stderr);
    return 1;
  } finally {
    io.stdout.off('error', onError);
  }
}

async function follow(
  io: CliIo,
  signal: AbortSignal,
  { since, json }: { since?: string; json?: boolean },
): Promise<void> {
  const client = await connect(io.env);
  const paint = paintFor(io);
  // A server that cannot be reached at all is an error; one that went away is waited for.
  if (!signal.aborted) await client.events({ limit: 1 });
  const onRetry = (error: WaybillError, delayMs: number): void => {
    const seconds = Math.max(1, Math.round(delayMs / 1000));
    io.stderr.write(`waybill watch: the connection is lost (${error.code}); trying again in ${seconds} s\n`);
  };
  for await (const event of client.stream({
    signal,
    onRetry,
    ...(since === undefined ? {} : { lastEventId: since }),
  })) {
    io.stdout.write(json === true ? `${JSON.stringify(event)}\n` : `${eventLine(event, paint)}\n`);
  }
}

/** `14:02:07  WB-…  ann@example.org  opened by a person · Berlin, Germany  "Offer"` */
function eventLine(event: StreamEvent, paint: Paint): string {
  const facts = eventFacts(event).map((fact) => oneLine(fact, 100));
  const words = [eventWords(event), ...facts].join(' · ');
  return [
    localTimeOfDay(event.at),
    event.trackingNumber,
    oneLine(event.recipient, 60),
    colour(event, paint)(words),
    paint.quiet(`"${oneLine(event.subject, 60)}"`),
  ].join('  ');
}

function colour({ type, actor }: StreamEvent, paint: Paint): (text: string) => string {
  if (type === 'bounced' || type === 'deferred' || type === 'complained') return paint.trouble;
  if (type !== 'opened' && type !== 'clicked') return (text) => text;
  return isPerson(actor) ? paint.person : paint.quiet;
}
