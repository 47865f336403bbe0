import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { rejudge, type RejudgeProgress, type RejudgeScope, type RejudgeStore } from '../messages/messages.ts';
import { RULES_VERSION, type Lookup } from '../truth/truth.ts';
import { explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'rejudge',
  options: { since: { type: 'string' }, json: { type: 'boolean' } },
  text: `Usage: waybill rejudge [--since DATE|RULES_VERSION] [--json]

Judges stored hits again by the rules of this version (${RULES_VERSION}), brings the verdicts up to date and says what
changed. Nobody is notified of it. A server may run meanwhile; an interrupted run goes on when it is called again.
To be run on the machine of the data directory (WAYBILL_DATA_DIR), with the server's settings.

  --since DATE            all hits since then, e.g. 2026-11-01 or 2026-11-01T12:00:00Z
  --since RULES_VERSION   all hits judged by that or a later version of the rules, e.g. 3
                          (without --since: those judged by an older version than this one's)
  --json                  one JSON object instead
`,
} as const satisfies Usage;

export interface RejudgeDependencies {
  /** Opens the database; networks and places come from files on this machine. */
  open(): Promise<{ store: RejudgeStore; lookup: Lookup; close(): Promise<void> }>;
}

/** `waybill rejudge`: exits with 1 when it was interrupted. */
export async function run(args: string[], io: CliIo, { open }: RejudgeDependencies): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (positionals.length > 0)
    return wrongCall('rejudge', `${JSON.stringify(positionals[0])} is not understood.`, io);
  const scope = scopeOf(values.since);
  if (scope === undefined)
    return wrongCall(
      'rejudge',
      `--since takes a date or a version of the rules, not ${JSON.stringify(values.since)}.`,
      io,
    );
  try {
    const { store, lookup, close } = await open();
    const bar = progressBar(io.stderr);
    try {
      const result = await rejudge(
        { store, lookup, clock: io.clock },
        { scope, signal: io.signal, onProgress: bar.show, pause: (ms) => sleep(ms) },
      );
      bar.clear();
      const { finished, resumed, rulesVersion, deliveries, hits, verdicts, actors } = result;
      if (values.json === true) {
        io.stdout.write(
          `${JSON.stringify({ finished, resumed, rulesVersion, deliveries, hits, verdicts, actors })}\n`,
        );
      } else io.stdout.write(summary(result));
      return finished ? 0 : 1;
    } finally {
      bar.clear();
      await close();
    }
  } catch (error) {
    explainFailure('rejudge', error, io.stderr);
    return 1;
  }
}

/** A whole number is a version; a date needs its year, month and day. */
function scopeOf(since: string | undefined): RejudgeScope | undefined {
  if (since === undefined) return { kind: 'older-rules' };
  if (/^\d{1,6}$/.test(since)) return { kind: 'since-rules', version: Number(since) };
  const at = /^\d{4}-\d\d-\d\d/.test(since) ? Date.parse(since) : Number.NaN;
  return Number.isNaN(at) ? undefined : { kind: 'since-time', at };
}

function summary({
  finished,
  resumed,
  deliveries,
  hits,
  rulesVersion,
  verdicts,
  actors,
}: RejudgeProgress & { finished: boolean; resumed: boolean }): string {
  const lines = [
    `Judged again by rules ${rulesVersion}: ${counted(hits, 'hit')} on ${counted(deliveries, 'delivery', 'deliveries')}.`,
    ...(resumed ? ['(This goes on from an interrupted run and counts what that had done.)'] : []),
    verdicts.length === 0
      ? 'No verdict changed.'
      : `${counted(sum(verdicts), 'verdict')} changed, and what each rests on now:`,
    ...byCount(verdicts).map((change) => `  ${changeText(change)}`),
    ...(actors.length === 0
      ? []
      : [`${counted(sum(actors), 'hit')} taken for another actor, and the main sign for it:`]),
    ...byCount(actors).map((change) => `  ${changeText(change)}`),
    ...(finished ? [] : ['Interrupted. The same call goes on from here.']),
  ];
  return `${lines.join('\n')}\n`;
}

function changeText({ from, to, count, why }: RejudgeProgress['verdicts' | 'actors'][number]): string {
  const signs = byCount(why).map((sign) => `${sign.code} ${sign.count}`);
  return `${`${from} → ${to}`.padEnd(32)}${String(count).padStart(8)}  (${signs.join(', ')})`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function sum(changes: readonly { count: number }[]): number {
  return changes.reduce((total, { count }) => total + count, 0);
}

function byCount<C extends { count: number }>(changes: readonly C[]): C[] {
  return changes.toSorted((a, b) => b.count - a.count);
}

const BAR_CELLS = 30;

/** On a terminal only; a log file wants no bar. */
function progressBar(stderr: Writable & { isTTY?: boolean }): {
  show(done: number, of: number): void;
  clear(): void;
} {
  if (stderr.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  let isShown = false;
  return {
    show: (done, of) => {
      isShown = true;
      const full = of === 0 ? BAR_CELLS : Math.floor((done / of) * BAR_CELLS);
      const bar = '█'.repeat(full).padEnd(BAR_CELLS, '░');
      stderr.write(`\r${bar} ${done.toLocaleString('en')} of ${of.toLocaleString('en')} deliveries`);
    },
    clear: () => {
      if (isShown) stderr.write('\r\u001b[K');
      isShown = false;
    },
  };
}
