import type { Judged } from '../../test/truth/labelled.ts';
import { ACTORS } from '@waybill/sdk';
import { isNamed, measure, wilson, type Measures, type Rate } from './measures.ts';

/** Everything about one set of hits, for people to read. */
export function printMeasures(name: string, all: readonly Judged[]): Measures {
  const clear = all.filter(({ row }) => row.ambiguous !== true);
  const measures = measure(all);
  console.log(`\n== ${name}: ${all.length} hits, ${clear.length} unambiguous`);
  printMatrix(measures);
  line('machine called human', measures.machinesCalledHuman);
  line('machine called a person or a proxy', measures.machinesCalledReader);
  line('human lost (called a machine)', measures.peopleLost);
  line('reader lost (called a machine)', measures.readersLost);
  line('unknown', measures.unknown);
  line('actor right', measures.right);
  line('client named right (readers)', measures.readersNamed);
  line('client named right (all)', measures.allNamed);
  printCalibration(measures);
  printFamilies(clear);
  return measures;
}

function printMatrix({ byActor, macroRecall }: Measures): void {
  const head = ACTORS.map((actor) => actor.slice(0, 10).padStart(11)).join('');
  console.log(`${'expected \\ judged'.padEnd(18)}${head}`);
  for (const { actor, called } of byActor) {
    const cells = ACTORS.map((column) => String(called.get(column) ?? 0).padStart(11));
    console.log(`${actor.padEnd(18)}${cells.join('')}`);
  }
  for (const { actor, recall, precision } of byActor) {
    console.log(`${`${actor}: recall`.padEnd(34)} ${shown(recall)}`);
    console.log(`${`${actor}: precision`.padEnd(34)} ${shown(precision)}`);
  }
  console.log(`${'macro recall'.padEnd(34)} ${percent(macroRecall)}  (mean of ${byActor.length} actors)`);
}

/** Of what was said with such a confidence, how much was right. */
function printCalibration({ calibration }: Measures): void {
  for (const { from, to, right, meanConfidence } of calibration) {
    const band = `confidence ${from}–${to}, mean ${meanConfidence.toFixed(2)}`;
    line(band, right);
  }
}

function printFamilies(clear: readonly Judged[]): void {
  for (const [family, rows] of Map.groupBy(clear, familyOf)) {
    const right = rows.filter(({ judgement, expected }) => judgement.actor === expected).length;
    line(`  right, ${family}`, { count: right, of: rows.length });
  }
}

/** A repository that the row was taken from, or what our own sequence plays. */
function familyOf({ row: { source } }: Judged): string {
  const repository = /^[\w.-]+\/[\w.-]+/.exec(source)?.[0];
  if (repository !== undefined) return repository;
  // Our own are named by what they play; what has a number names one file of many.
  return /\d{6}/.test(source) ? 'single files' : source.slice(0, 60);
}

export function printWrong(all: readonly Judged[]): void {
  for (const { row, expected, judgement } of all) {
    if (judgement.actor === expected) continue;
    const why = judgement.reasons.map(({ code }) => code).join(',');
    console.log(
      `  ${expected} → ${judgement.actor} ${judgement.confidence}${row.ambiguous === true ? ' (ambiguous)' : ''} ${row.kind} ${row.method ?? ''} ${row.sequence ?? ''} ${JSON.stringify(row.user_agent)} ${row.ip ?? ''} +${row.seconds_after_send ?? '?'} [${why}]`,
    );
  }
  for (const judged of all) {
    const { row, judgement } = judged;
    if (row.client === undefined || row.client === 'browser' || row.user_agent === null || isNamed(judged))
      continue;
    console.log(`  client: ${row.client} → ${judgement.client.name} ${JSON.stringify(row.user_agent)}`);
  }
}

function line(what: string, rate: Rate): void {
  if (rate.of > 0) console.log(`${what.padEnd(34)} ${shown(rate)}`);
}

function shown(rate: Rate): string {
  if (rate.of === 0) return '    –';
  const { low, high } = wilson(rate);
  return `${percent(rate.count / rate.of)}  (${rate.count} of ${rate.of}; ${percent(low).trim()} to ${percent(high).trim()})`;
}

export function percent(value: number): string {
  return Number.isNaN(value) ? '    –' : `${(value * 100).toFixed(1)} %`.padStart(7);
}
