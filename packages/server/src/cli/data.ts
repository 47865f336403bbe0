import { readFile } from 'node:fs/promises';
import { DAY_MS } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'data',
  options: { source: { type: 'string', multiple: true }, json: { type: 'boolean' } },
  text: `Usage: waybill data status [--json]
       waybill data update [--source NAME=URL]... [--json]

Lists of addresses that mail services and security products publish, by which hits are judged. They come with
Waybill and age; update fetches them anew from their owners, checks them, and puts them into WAYBILL_DATA_DIR.
Nothing else is sent anywhere. A list that cannot be fetched or is not plausible stays as it is.

  status                what is in use, from when
  update                fetches all lists that their owners publish
  --source NAME=URL     another address for one list, or a file: a mirror, or a list carried in by hand
  --json                one JSON object instead
`,
} as const satisfies Usage;

/** One list as it is in use. */
export interface RangeListState {
  name: string;
  owner: string;
  /** Day of the list, `2026-11-23`. */
  date: string;
  origin: 'shipped' | 'fetched';
  ranges: number;
  /** Where its owner publishes it; absent when nobody publishes it in a form to read. */
  url?: string;
}

/** The lists on this machine. */
export interface RangeLists {
  states(): Promise<RangeListState[]>;
  /** @throws AppError `invalid-input`, in one sentence, when the text is not this list */
  check(name: string, text: string): Promise<void>;
  /** All of them at one moment. @param date the day on which they were fetched */
  replace(texts: readonly FetchedText[], date: string): Promise<void>;
}

interface FetchedText {
  name: string;
  text: string;
  source: string;
}

interface Outcome {
  name: string;
  source: string;
  /** Absent: it is in use now. */
  problem?: string;
}

const PATIENCE_MS = 30_000;
/** Far more than any published list has: a bound for what is no list. */
const LARGEST_BYTES = 40_000_000;

/** `waybill data`: exits with 1 when a list could not be brought up to date. */
export async function run(args: string[], io: CliIo, lists: RangeLists): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  const json = values.json === true;
  switch (positionals.length === 1 ? positionals[0] : undefined) {
    case 'status':
      if (values.source !== undefined) return wrongCall('data', '--source belongs to update.', io);
      await showStates(lists, json, io);
      return 0;
    case 'update':
      return update(lists, values.source ?? [], json, io);
    default:
      return wrongCall('data', 'Say status or update.', io);
  }
}

async function showStates(lists: RangeLists, json: boolean, io: CliIo): Promise<void> {
  const states = (await lists.states()).map((state) => ({
    ...state,
    ageDays: ageDays(state.date, io.clock()),
  }));
  if (json) {
    io.stdout.write(`${JSON.stringify({ lists: states })}\n`);
    return;
  }
  for (const { name, date, origin, ranges, ageDays: age, url } of states) {
    const about =
      url === undefined ? 'not published as a list' : origin === 'fetched' ? 'fetched' : 'as shipped';
    io.stdout.write(
      `${name.padEnd(24)}${date}  ${ageText(age).padEnd(14)}${String(ranges).padStart(6)} ranges  ${about}\n`,
    );
  }
}

async function update(
  lists: RangeLists,
  sources: readonly string[],
  json: boolean,
  io: CliIo,
): Promise<number> {
  const states = await lists.states();
  const chosen = new Map<string, string>();
  for (const { name, url } of states) if (url !== undefined) chosen.set(name, url);
  for (const source of sources) {
    const [, name = '', address = ''] = /^([a-z-]+)=(.+)$/.exec(source) ?? [];
    if (!chosen.has(name))
      return wrongCall(
        'data',
        `--source takes NAME=URL with a NAME of ${[...chosen.keys()].join(', ')}.`,
        io,
      );
    chosen.set(name, address);
  }
  const fetched = await Promise.all(
    Array.from(chosen, ([name, source]) => fetchList(lists, name, source, io.signal)),
  );
  const good = fetched.filter((list): list is FetchedText => 'text' in list);
  if (good.length > 0) await lists.replace(good, new Date(io.clock()).toISOString().slice(0, 10));
  const outcomes = fetched.map((list): Outcome => {
    const { name, source } = list;
    return { name, source, ...('problem' in list ? { problem: list.problem } : {}) };
  });
  if (json) io.stdout.write(`${JSON.stringify({ lists: outcomes })}\n`);
  else tell(outcomes, states, io);
  return good.length === fetched.length ? 0 : 1;
}

async function fetchList(
  lists: RangeLists,
  name: string,
  source: string,
  signal: AbortSignal,
): Promise<FetchedText | (Outcome & { problem: string })> {
  try {
    const text = /^https?:\/\//i.test(source)
      ? await download(source, signal)
      : await readFile(source, 'utf8');
    await lists.check(name, text);
    return { name, text, source };
  } catch (error) {
    return { name, source, problem: problemText(error) };
  }
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    if (!response.ok) throw new AppError('unavailable', `the server answered ${response.status}`);
    for await (const part of response.body ?? []) {
      size += part.byteLength;
      if (size > LARGEST_BYTES) throw new AppError('too-large', `it is longer than ${LARGEST_BYTES} bytes`);
      parts.push(part);
    }
  } finally {
    if (!response.bodyUsed) await response.body?.cancel();
  }
  return Buffer.concat(parts).toString('utf8');
}

function problemText(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} s`;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

function tell(outcomes: readonly Outcome[], states: readonly RangeListState[], io: CliIo): void {
  for (const { name, source, problem } of outcomes) {
    if (problem === undefined) {
      io.stdout.write(`${name}: up to date\n`);
      continue;
    }
    const date = states.find((state) => state.name === name)?.date ?? '';
    io.stderr.write(
      `${name}: ${problem} (${source}). The list of ${date} stays in use; it is ${ageText(ageDays(date, io.clock()))}.\n`,
    );
  }
  if (outcomes.some(({ problem }) => problem === undefined)) {
    io.stdout.write(
      'A running server uses them from its next start on; waybill rejudge --since DATE applies them to old hits.\n',
    );
  }
}

function ageDays(date: string, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - Date.parse(date)) / DAY_MS));
}

function ageText(days: number): string {
  return days === 0 ? 'of today' : days === 1 ? '1 day old' : `${days} days old`;
}
