import { ACTORS, type Actor } from '@waybill/sdk';
import { isReader, type Judged } from '../../test/truth/labelled.ts';

/** What the rules promise on unseen hits (docs/truth.md). */
export const GOALS = {
  machinesCalledHuman: 0.005,
  peopleLost: 0.01,
  macroRecall: 0.95,
  unknown: 0.1,
  clientNamed: 0.95,
} as const;

/** So many of so many. */
export interface Rate {
  count: number;
  of: number;
}

export interface Measures {
  machinesCalledHuman: Rate;
  machinesCalledReader: Rate;
  peopleLost: Rate;
  readersLost: Rate;
  unknown: Rate;
  right: Rate;
  readersNamed: Rate;
  allNamed: Rate;
  macroRecall: number;
  byActor: { actor: Actor; recall: Rate; precision: Rate; called: Map<Actor, number> }[];
  calibration: { from: number; to: number; right: Rate; meanConfidence: number }[];
}

const BANDS = [0.6, 0.7, 0.8, 0.9, 0.95, 1];

/** Ambiguous hits count only where a machine might be called a person. */
export function measure(all: readonly Judged[]): Measures {
  const clear = all.filter(({ row }) => row.ambiguous !== true);
  const machines = all.filter(({ expected, row }) => row.human === 'no' && expected !== 'self');
  const people = clear.filter(({ expected }) => expected === 'human');
  const readers = clear.filter(({ row }) => row.human === 'likely');
  const named = clear.filter(
    ({ row }) => row.client !== undefined && row.client !== 'browser' && row.user_agent !== null,
  );
  const byActor = ACTORS.flatMap((actor) => measureActor(clear, actor));
  return {
    machinesCalledHuman: rate(machines, ({ judgement }) => judgement.actor === 'human'),
    machinesCalledReader: rate(machines, ({ judgement }) => isReader(judgement.actor)),
    peopleLost: rate(people, isLost),
    readersLost: rate(readers, isLost),
    unknown: rate(clear, ({ judgement }) => judgement.actor === 'unknown'),
    right: rate(clear, isRight),
    readersNamed: rate(
      named.filter(({ expected }) => isReader(expected)),
      isNamed,
    ),
    allNamed: rate(named, isNamed),
    macroRecall: byActor.reduce((sum, { recall }) => sum + recall.count / recall.of, 0) / byActor.length,
    byActor,
    calibration: BANDS.slice(0, -1).flatMap((from, i) => measureBand(clear, from, BANDS[i + 1] ?? 1)),
  };
}

function measureActor(clear: readonly Judged[], actor: Actor): Measures['byActor'] {
  const rows = clear.filter(({ expected }) => expected === actor);
  if (rows.length === 0) return [];
  const called = new Map<Actor, number>();
  for (const { judgement } of rows) called.set(judgement.actor, (called.get(judgement.actor) ?? 0) + 1);
  const asSuch = clear.filter(({ judgement }) => judgement.actor === actor);
  return [{ actor, called, recall: rate(rows, isRight), precision: rate(asSuch, isRight) }];
}

function measureBand(clear: readonly Judged[], from: number, to: number): Measures['calibration'] {
  const band = clear.filter(
    ({ judgement: { actor, confidence } }) =>
      actor !== 'unknown' && confidence >= from && (confidence < to || to === 1),
  );
  if (band.length === 0) return [];
  const sum = band.reduce((total, { judgement }) => total + judgement.confidence, 0);
  return [{ from, to, right: rate(band, isRight), meanConfidence: sum / band.length }];
}

function rate(rows: readonly Judged[], counts: (judged: Judged) => boolean): Rate {
  return { count: rows.filter(counts).length, of: rows.length };
}

function isRight({ judgement, expected }: Judged): boolean {
  return judgement.actor === expected;
}

/** Called a machine; not being sure is no loss. */
function isLost({ judgement: { actor } }: Judged): boolean {
  return !isReader(actor) && actor !== 'unknown';
}

/** Same words in other order or with other extras count: "Microsoft Outlook" is Outlook. */
export function isNamed({ row, judgement }: Judged): boolean {
  const words = (text: string): string[] =>
    text
      .toLowerCase()
      .replaceAll('%20', ' ')
      .match(/[a-z0-9]{2,}/g) ?? [];
  const joined = words(row.client ?? '').join('');
  return words(judgement.client.name).some((word) => word.length > 2 && joined.includes(word));
}

/** 95 % interval by Wilson's score; a rate of nothing has the whole range. */
export function wilson({ count, of }: Rate): { low: number; high: number } {
  if (of === 0) return { low: 0, high: 1 };
  const z = 1.96;
  const p = count / of;
  const middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
