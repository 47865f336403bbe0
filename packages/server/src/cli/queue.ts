import { createInterface } from 'node:readline/promises';
import type {
  QueuedCopy,
  QueuedCopyDetail,
  QueueState,
  QueueSummary,
  SmarthostState,
  WaybillClient,
} from '@waybill/sdk';
import { oneLine } from '../notify/notify.ts';
import { connect, explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { localTime, relativeTime } from './local-time.ts';
import { paintFor, type Paint } from './paint.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'queue',
  options: {
    state: { type: 'string' },
    to: { type: 'string' },
    all: { type: 'boolean' },
    yes: { type: 'boolean', short: 'y' },
    notify: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  text: `Usage: waybill queue list [--state STATE] [--to TEXT] [--json]
       waybill queue show ID [--json]
       waybill queue retry ID... | --all [--to TEXT]
       waybill queue drop ID... [--notify] [--yes]

list   shows what waits, what is on its way and what failed lately, newest first, and what keeps it
show   shows one copy: its envelope, its attempts and its header
retry  tries copies that wait at once
drop   takes copies that wait out of the queue, as failed; the timeline says so

  --state STATE  waiting, sending, settled (sent or not, about to be noted) or failed
  --to TEXT      only copies with this in the recipient's address
  --all          all copies that wait
  --notify       the sender is told by mail
  --yes, -y      without asking
  --json         one JSON object a line instead, as the API gives it
`,
} as const satisfies Usage;

const STATES: readonly string[] = ['waiting', 'sending', 'settled', 'failed'] satisfies QueueState[];

interface Call {
  client: WaybillClient;
  io: CliIo;
  ids: string[];
  state?: QueueState;
  to?: string;
  values: { all?: boolean; yes?: boolean; notify?: boolean; json?: boolean };
}

/** `waybill queue`: asks the running server. */
export async function run(args: string[], io: CliIo): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { state, to, ...values } = parsed.values;
  const [action = 'list', ...ids] = parsed.positionals;
  const problem = problemOf(action, ids, { ...values, state });
  if (problem !== undefined) return wrongCall('queue', problem, io);
  try {
    const call: Call = {
      client: await connect(io.env),
      io,
      ids,
      ...(state === undefined ? {} : { state: state as QueueState }),
      ...(to === undefined ? {} : { to }),
      values,
    };
    return await ACTIONS[action as keyof typeof ACTIONS](call);
  } catch (error) {
    explainFailure('queue', error, io.stderr);
    return 1;
  }
}

const ACTIONS = { list, show, retry, drop };

function problemOf(
  action: string,
  ids: readonly string[],
  { state, all }: { state?: string | undefined; all?: boolean },
): string | undefined {
  if (!Object.hasOwn(ACTIONS, action))
    return `${JSON.stringify(action)} is none of list, show, retry and drop.`;
  if (state !== undefined && !STATES.includes(state)) return `--state is one of ${STATES.join(', ')}.`;
  if (action === 'list') return ids.length === 0 ? undefined : 'list takes no id: see --to, or show ID.';
  if (action === 'retry' && all === true) return ids.length === 0 ? undefined : 'Say either ids or --all.';
  if (ids.length === 0)
    return `Which copy? "waybill queue list" shows the ids${action === 'retry' ? '; or --all' : ''}.`;
  return undefined;
}

async function list({ client, io, state, to, values }: Call): Promise<number> {
  const paint = paintFor(io);
  const query = {
    ...(state === undefined ? {} : { state }),
    ...(to === undefined ? {} : { to }),
    limit: 200,
  };
  if (values.json !== true) io.stdout.write(describeSummary(await client.queueSummary(), io.clock(), paint));
  let cursor: string | undefined;
  do {
    const page = await client.queue(cursor === undefined ? query : { ...query, cursor });
    for (const copy of page.items) {
      io.stdout.write(values.json === true ? `${JSON.stringify(copy)}\n` : describe(copy, io.clock(), paint));
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && !io.signal.aborted);
  return 0;
}

async function show({ client, io, ids, values }: Call): Promise<number> {
  for (const id of ids) {
    const copy = await client.queuedCopy(id);
    io.stdout.write(
      values.json === true ? `${JSON.stringify(copy)}\n` : describeAll(copy, io.clock(), paintFor(io)),
    );
  }
  return 0;
}

async function retry({ client, io, ids, to, values }: Call): Promise<number> {
  if (values.all === true) {
    const { retried } = await client.retryAllQueued(to === undefined ? {} : { to });
    io.stdout.write(`${copies(retried)} ${retried === 1 ? 'is' : 'are'} tried now.\n`);
    return 0;
  }
  for (const id of ids) {
    await client.retryQueued(id);
    io.stdout.write(`${id} is tried now.\n`);
  }
  return 0;
}

async function drop({ client, io, ids, values }: Call): Promise<number> {
  const meant: QueuedCopyDetail[] = [];
  for (const id of ids) meant.push(await client.queuedCopy(id));
  if (values.yes !== true && !(await isConfirmed(dropQuestion(meant), io))) {
    io.stderr.write('waybill queue: nothing was dropped. --yes does it without asking.\n');
    return 1;
  }
  for (const id of ids) {
    await client.dropQueued(id, { notify: values.notify === true });
    io.stdout.write(`${id} is dropped.\n`);
  }
  return 0;
}

function dropQuestion(meant: readonly QueuedCopyDetail[]): string {
  const named = meant.map(
    ({ sender, recipient, subject }) =>
      `  "${oneLine(subject)}" from ${oneLine(sender) || 'nobody'} to ${oneLine(recipient)}\n`,
  );
  return `${named.join('')}Drop ${copies(meant.length)}? What is dropped is not sent. [y/N] `;
}

/** Anything but a clear yes is a no, the end of the input too. */
async function isConfirmed(question: string, { stdin, stdout, signal }: CliIo): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stdout, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    const answer = await Promise.race([terminal.question(question, { signal }), ended]);
    return /^y(?:es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}

function describeSummary(summary: QueueSummary, nowMs: number, paint: Paint): string {
  const { waiting, sending, settled, failed, byDestination, byReason, smarthost } = summary;
  const totals = [
    `${waiting} waiting`,
    `${sending} on ${sending === 1 ? 'its' : 'their'} way`,
    ...(settled === 0 ? [] : [`${settled} being noted`]),
    `${failed} failed`,
  ];
  return lines([
    paint.strong(totals.join(', ')),
    ...(smarthost?.state === 'down' ? [paint.trouble(outage(smarthost))] : []),
    ...byDestination.map(
      ({ destination, waiting: count, oldest }) =>
        `  ${String(count).padStart(6)}  to ${oneLine(destination)}${paint.quiet(`, the oldest from ${relativeTime(oldest, nowMs)}`)}`,
    ),
    ...byReason.map(
      ({ reason, waiting: count }) => `  ${String(count).padStart(6)}  ${oneLine(reason, 200)}`,
    ),
  ]);
}

function outage({ since, reason, nextTryAt }: SmarthostState): string {
  const next = nextTryAt === null ? 'One copy tries it now' : `Next try on ${localTime(nextTryAt)}`;
  const began = since === null ? '' : ` since ${localTime(since)}`;
  return `The smarthost takes no mail${began}: everything waits. ${oneLine(reason ?? '', 300)}. ${next}; "waybill queue retry --all" tries at once.`;
}

function describe(copy: QueuedCopy, nowMs: number, paint: Paint): string {
  const { id, state, recipient, subject, trackingNumber, attempts, nextAttemptAt, lastError } = copy;
  const when = nextAttemptAt === null ? '' : `, next on ${localTime(nextAttemptAt)}`;
  const head = `${oneLine(recipient)}  ${paint.quiet(oneLine(subject) || '(no subject)')}`;
  return lines([
    '',
    `${state === 'failed' ? paint.trouble('✕') : '●'} ${head}`,
    paint.quiet(`  ${id}${trackingNumber === null ? '' : `  ${trackingNumber}`}`),
    `  ${state}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${when}, accepted ${relativeTime(copy.acceptedAt, nowMs)}`,
    ...(lastError === null ? [] : [`  ${oneLine(lastError, 300)}`]),
  ]);
}

function describeAll(copy: QueuedCopyDetail, nowMs: number, paint: Paint): string {
  const { sender, from, sizeBytes, expiresAt, finishedAt, nextAttemptAt, eightBit, smtpUtf8, dsn, header } =
    copy;
  const parameters = [
    ...(eightBit ? ['BODY=8BITMIME'] : []),
    ...(smtpUtf8 ? ['SMTPUTF8'] : []),
    ...Object.entries(dsn).map(([name, value]) => `${name.toUpperCase()}=${oneLine(String(value), 200)}`),
  ];
  const facts: [string, string][] = [
    ['from', `${oneLine(sender) || '<>'}${sender === from ? '' : `, by header ${oneLine(from)}`}`],
    ['size', `${sizeBytes} bytes`],
    ...(parameters.length === 0 ? [] : [['asks for', parameters.join(' ')] as [string, string]]),
    ['accepted', localTime(copy.acceptedAt)],
    ...(nextAttemptAt === null ? [] : [['next', localTime(nextAttemptAt)] as [string, string]]),
    finishedAt === null ? ['given up', localTime(expiresAt)] : ['ended', localTime(finishedAt)],
  ];
  return lines([
    describe(copy, nowMs, paint).trim(),
    ...facts.map(([name, value]) => `  ${paint.quiet(name.padEnd(9))} ${value}`),
    ...(header.length === 0
      ? []
      : ['', ...header.map(({ name, value }) => `  ${oneLine(name)}: ${oneLine(value, 300)}`)]),
    '',
  ]);
}

function copies(count: number): string {
  return count === 1 ? '1 copy' : `${count} copies`;
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}
