/**
 * How right is the judgement? Prints a confusion matrix and rates with 95 % Wilson intervals for labelled hits:
 *
 *   WAYBILL_TRUTH_DIR=../data node packages/server/bench/truth.ts [--wrong]
 *
 * The directory holds cases.jsonl (single hits) and sequences.jsonl (several hits on one delivery); each line has
 * kind, method, user_agent, ip, seconds_after_send, headers, label, human, client and perhaps ambiguous, sequence, link.
 * Prints the same for our own composed sequences (test/truth), and for the rows with letter case or versions changed.
 * Leaves with 1 when more machines are called people than the goal allows.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor } from '@waybill/sdk';
import { createLookup } from '../src/storage/lookup.ts';
import { judge, type Judgement, type Observation } from '../src/truth/truth.ts';
import { composeSequences } from '../test/truth/sequences.ts';

interface Row {
  kind: 'open' | 'click';
  method: string | null;
  user_agent: string | null;
  ip: string | null;
  seconds_after_send: number | null;
  headers?: Record<string, string>;
  label: string;
  subclass?: string;
  human: 'likely' | 'no' | 'unknown';
  client?: string;
  ambiguous?: boolean;
  sequence?: string;
  link?: string;
  source: string;
}

const MACHINES_CALLED_PEOPLE_GOAL = 0.005;
/** The last part of a version with three or more. */
const PATCH = /(?<head>\d+\.\d+\.(?:\d+\.)*)\d+/g;

function expectedActor({ label, subclass, human, seconds_after_send }: Row): Actor {
  if ((seconds_after_send ?? 0) < 0) return 'self';
  if (label.startsWith('human_')) return 'human';
  if (label === 'proxy_human_or_prefetch_gmail') {
    return subclass === 'gmail_prefetch' || human === 'no' ? 'prefetch' : 'human-via-proxy';
  }
  if (label.startsWith('proxy_')) return 'human-via-proxy';
  if (label === 'prefetch_apple_mpp') return 'prefetch';
  if (label === 'preview_bot') return 'preview-bot';
  return label === 'scanner' ? 'scanner' : 'automation';
}

function observationOf(row: Row): Observation {
  const observation: Observation = { kind: row.kind };
  if (row.method !== null) observation.method = row.method;
  if (row.user_agent !== null) observation.userAgent = row.user_agent;
  if (row.ip !== null) observation.ip = row.ip;
  if (row.headers !== undefined) observation.headers = row.headers;
  if (row.seconds_after_send !== null) observation.secondsAfterSend = row.seconds_after_send;
  if (row.link !== undefined) {
    observation.link = row.link;
    observation.honeypot = row.link === 'HONEYPOT';
  }
  return observation;
}

const FAMILIES = new Set(composeSequences().map(({ family }) => family));

interface Judged {
  row: Row;
  expected: Actor;
  judgement: Judgement;
}

const lookup = await createLookup({ onMissing: (sentence) => console.error(sentence) });
const directory = process.env['WAYBILL_TRUTH_DIR'] ?? '../shared/data/truth';
const showWrong = process.argv.includes('--wrong');
let failed = false;
for (const name of ['cases', 'sequences']) {
  const file = join(directory, `${name}.jsonl`);
  if (!existsSync(file)) {
    console.error(`There is no ${file}: set WAYBILL_TRUTH_DIR.`);
    process.exitCode = 2;
    continue;
  }
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  const judged = judgeRows(rows);
  report(name, judged);
  report(
    `${name}, letter case changed`,
    judgeRows(rows.map((row) => ({ ...row, user_agent: row.user_agent?.toUpperCase() ?? null }))),
  );
  report(
    `${name}, patch versions changed`,
    judgeRows(
      rows.map((row) => ({ ...row, user_agent: row.user_agent?.replace(PATCH, '$<head>7') ?? null })),
    ),
  );
}
report('our own composed sequences', composed());
process.exitCode ??= failed ? 1 : 0;

/** Judges what the gate of `npm test` judges. */
function composed(): Judged[] {
  return composeSequences().flatMap(({ family, hits }) => {
    const judgements = judge(
      hits.map(({ observation }) => observation),
      lookup,
    );
    return hits.flatMap(({ observation, actor, hard }, i) => {
      const judgement = judgements[i];
      const isReader = actor === 'human' || actor === 'human-via-proxy';
      const row: Row = {
        kind: observation.kind,
        method: observation.method ?? null,
        user_agent: observation.userAgent ?? null,
        ip: observation.ip ?? null,
        seconds_after_send: observation.secondsAfterSend ?? null,
        label: actor,
        human: isReader ? 'likely' : 'no',
        source: family,
        ...(hard === undefined ? {} : { ambiguous: true }),
      };
      return judgement === undefined ? [] : [{ row, expected: actor, judgement }];
    });
  });
}

function judgeRows(rows: readonly Row[]): Judged[] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (row.sequence !== undefined && last?.[0]?.sequence === row.sequence) last.push(row);
    else groups.push([row]);
  }
  return groups.flatMap((group) => {
    const judgements = judge(group.map(observationOf), lookup);
    return group.flatMap((row, i) => {
      const judgement = judgements[i];
      return judgement === undefined ? [] : [{ row, expected: expectedActor(row), judgement }];
    });
  });
}

function report(name: string, all: readonly Judged[]): void {
  const clear = all.filter(({ row }) => row.ambiguous !== true);
  console.log(`\n== ${name}: ${all.length} hits, ${clear.length} unambiguous`);
  matrix(clear);
  const person = ({ judgement }: Judged): boolean =>
    judgement.actor === 'human' || judgement.actor === 'human-via-proxy';
  const machines = all.filter(({ expected, row }) => row.human === 'no' && expected !== 'self');
  const people = clear.filter(({ expected }) => expected === 'human');
  const readers = clear.filter(({ row }) => row.human === 'likely');
  rate('machine called a person', machines.filter(person).length, machines.length);
  rate(
    'machine called human',
    machines.filter(({ judgement }) => judgement.actor === 'human').length,
    machines.length,
  );
  rate(
    'human lost (called a machine)',
    people.filter((j) => !person(j) && j.judgement.actor !== 'unknown').length,
    people.length,
  );
  rate(
    'reader lost (called a machine)',
    readers.filter((j) => !person(j) && j.judgement.actor !== 'unknown').length,
    readers.length,
  );
  rate('unknown', clear.filter(({ judgement }) => judgement.actor === 'unknown').length, clear.length);
  rate('actor right', clear.filter((j) => j.judgement.actor === j.expected).length, clear.length);
  const named = clear.filter(
    ({ row }) => row.client !== undefined && row.client !== 'browser' && row.user_agent !== null,
  );
  const nameable = named.filter(({ expected }) => expected === 'human' || expected === 'human-via-proxy');
  rate('client named right (readers)', nameable.filter(clientRight).length, nameable.length);
  rate('client named right (all)', named.filter(clientRight).length, named.length);
  if (!name.includes(',') && machines.filter(person).length > machines.length * MACHINES_CALLED_PEOPLE_GOAL)
    failed = true;
  calibration(clear);
  families(clear);
  if (showWrong) wrong(all, named);
}

function matrix(judged: readonly Judged[]): void {
  const actors = [
    'human',
    'human-via-proxy',
    'prefetch',
    'scanner',
    'preview-bot',
    'automation',
    'self',
    'unknown',
  ] as const;
  console.log(
    `${'expected \\ judged'.padEnd(18)}${actors.map((a) => a.slice(0, 10).padStart(11)).join('')}   recall  precision`,
  );
  const recalls: number[] = [];
  for (const expected of actors) {
    const rows = judged.filter((j) => j.expected === expected);
    if (rows.length === 0) continue;
    const called = judged.filter(({ judgement }) => judgement.actor === expected).length;
    const right = rows.filter(({ judgement }) => judgement.actor === expected).length;
    recalls.push(right / rows.length);
    const cells = actors.map((a) =>
      String(rows.filter(({ judgement }) => judgement.actor === a).length).padStart(11),
    );
    console.log(
      `${expected.padEnd(18)}${cells.join('')}   ${percent(right / rows.length)}  ${percent(right / called)}`,
    );
  }
  console.log(`macro recall ${percent(recalls.reduce((a, b) => a + b, 0) / recalls.length)}`);
}

function calibration(judged: readonly Judged[]): void {
  const bands = [0.6, 0.7, 0.8, 0.9, 0.95, 1.01];
  const parts = bands.slice(0, -1).map((from, i) => {
    const to = bands[i + 1] ?? 1;
    const band = judged.filter(
      ({ judgement: { actor, confidence } }) => actor !== 'unknown' && confidence >= from && confidence < to,
    );
    const right = band.filter((j) => j.judgement.actor === j.expected).length;
    return `${from}–${Math.min(to, 1)}: ${band.length === 0 ? '–' : percent(right / band.length)} of ${band.length}`;
  });
  console.log(`calibration (confidence: right)  ${parts.join('  ')}`);
}

function families(judged: readonly Judged[]): void {
  const groups = new Map<string, Judged[]>();
  for (const entry of judged) {
    const { source } = entry.row;
    const family = /^[\w.-]+\/[\w.-]+/.exec(source)?.[0] ?? (FAMILIES.has(source) ? source : 'other');
    groups.set(family, [...(groups.get(family) ?? []), entry]);
  }
  for (const [family, rows] of [...groups].sort((a, b) => b[1].length - a[1].length).slice(0, 8)) {
    rate(`  right, ${family}`, rows.filter((j) => j.judgement.actor === j.expected).length, rows.length);
  }
}

/** Same words in other order or with other extras count: "Microsoft Outlook" is Outlook. */
function clientRight({ row, judgement }: Judged): boolean {
  const words = (text: string): string[] =>
    text
      .toLowerCase()
      .replaceAll('%20', ' ')
      .match(/[a-z0-9]{2,}/g) ?? [];
  const named = words(judgement.client.name);
  const joined = words(row.client ?? '').join('');
  return named.some((word) => word.length > 2 && joined.includes(word));
}

function wrong(all: readonly Judged[], nameable: readonly Judged[]): void {
  for (const { row, expected, judgement } of all) {
    if (judgement.actor === expected) continue;
    const why = judgement.reasons.map(({ code }) => code).join(',');
    console.log(
      `  ${expected} → ${judgement.actor} ${judgement.confidence}${row.ambiguous === true ? ' (ambiguous)' : ''} ${row.kind} ${row.method ?? ''} ${row.sequence ?? ''} ${JSON.stringify(row.user_agent)} ${row.ip ?? ''} +${row.seconds_after_send ?? '?'} [${why}]`,
    );
  }
  for (const judged of nameable) {
    if (!clientRight(judged))
      console.log(
        `  client: ${judged.row.client ?? ''} → ${judged.judgement.client.name} ${JSON.stringify(judged.row.user_agent)}`,
      );
  }
}

function rate(what: string, count: number, of: number): void {
  if (of === 0) return;
  const z = 1.96;
  const p = count / of;
  const middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  console.log(
    `${what.padEnd(34)} ${percent(p)}  (${count} of ${of}; ${percent(Math.max(0, middle - half))} to ${percent(Math.min(1, middle + half))})`,
  );
}

function percent(value: number): string {
  return Number.isNaN(value) ? '    –' : `${(value * 100).toFixed(1)} %`.padStart(7);
}
