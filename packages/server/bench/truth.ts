/**
 * How right is the judgement? Prints, for labelled hits, a confusion matrix, recall and precision of each actor, the
 * rates at which machines are called people and people are lost, and how often each band of confidence was right, each
 * with its number and a 95 % Wilson interval, split by where the rows came from:
 *
 *   npm run bench:truth [-- --wrong]
 *
 * WAYBILL_TRUTH_DIR (default ../shared/data/truth) holds cases.jsonl (single hits) and sequences.jsonl (several hits on
 * one delivery). Rows with other letter case or versions have their own tables, and so have our own sequences and agents
 * (test/truth). --wrong lists what was judged otherwise. Leaves with 1 when a goal is missed on rows as they are.
 */
import type { Judged, LabelledRow } from '../test/truth/labelled.ts';
import { judgeComposed, judgeNamedAgents, judgeRows, readRows } from '../test/truth/labelled.ts';
import { createLookup } from '../src/storage/lookup.ts';
import { GOALS, type Measures, type Rate } from './truth/measures.ts';
import { percent, printMeasures, printWrong } from './truth/tables.ts';

/** The last part of a version with three or more. */
const PATCH = /(?<head>\d+\.\d+\.(?:\d+\.)*)\d+/g;

const lookup = await createLookup({ onMissing: (sentence) => console.error(sentence) });
const directory = process.env['WAYBILL_TRUTH_DIR'] ?? '../shared/data/truth';
const missed: string[] = [];

function report(name: string, judged: readonly Judged[], isGate: boolean): void {
  const measures = printMeasures(name, judged);
  if (process.argv.includes('--wrong')) printWrong(judged);
  if (isGate) missed.push(...missedGoals(name, measures));
}

function missedGoals(name: string, measures: Measures): string[] {
  const share = ({ count, of }: Rate): number => (of === 0 ? 0 : count / of);
  const { machinesCalledHuman, peopleLost, unknown, readersNamed, macroRecall } = measures;
  const checks: [string, number, number, 'most' | 'least'][] = [
    ['machines called human', share(machinesCalledHuman), GOALS.machinesCalledHuman, 'most'],
    ['people lost', share(peopleLost), GOALS.peopleLost, 'most'],
    ['unknown', share(unknown), GOALS.unknown, 'most'],
    ['macro recall', macroRecall, GOALS.macroRecall, 'least'],
    ['clients named', readersNamed.of === 0 ? 1 : share(readersNamed), GOALS.clientNamed, 'least'],
  ];
  return checks.flatMap(([what, value, goal, bound]) =>
    (bound === 'most' ? value <= goal : value >= goal)
      ? []
      : [`${name}: ${what} ${percent(value).trim()}, the goal is at ${bound} ${percent(goal).trim()}`],
  );
}

function spelled(rows: readonly LabelledRow[], spell: (agent: string) => string): LabelledRow[] {
  return rows.map((row) => ({ ...row, user_agent: row.user_agent === null ? null : spell(row.user_agent) }));
}

for (const name of ['cases', 'sequences']) {
  const rows = readRows(directory, name);
  if (rows === undefined) {
    console.error(`There is no ${name}.jsonl in ${directory}: set WAYBILL_TRUTH_DIR.`);
    process.exitCode = 2;
    continue;
  }
  report(name, judgeRows(rows, lookup), true);
  report(
    `${name}, letter case changed`,
    judgeRows(
      spelled(rows, (agent) => agent.toUpperCase()),
      lookup,
    ),
    false,
  );
  report(
    `${name}, patch versions changed`,
    judgeRows(
      spelled(rows, (agent) => agent.replace(PATCH, '$<head>7')),
      lookup,
    ),
    false,
  );
}
report('our own composed sequences', judgeComposed(lookup), true);
report('our own named agents, address unknown', judgeNamedAgents(lookup), true);
console.log(missed.length === 0 ? '\nAll goals are met.' : `\nMissed:\n${missed.join('\n')}`);
process.exitCode ??= missed.length === 0 ? 0 : 1;
