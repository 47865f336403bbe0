/**
 * How well are reports read? Prints the agreement with what is known of real reports, field by field and by whom it is
 * known, with 95 % Wilson intervals, the disagreements and whose they are, how notifications fare without their fields,
 * and the speed:
 *
 *   WAYBILL_CORPUS_DIR=../data/mail node packages/server/bench/reports.ts [--wrong [FIELD]]
 *
 * The directory holds reports/index.tsv (file, kind, truth_by, recipient, action, status, reason, f_* for fields in the
 * file) and the messages. `--wrong` lists all rows that disagree; without it only their number, and those where what is
 * known contradicts the mail itself. Leaves with 1 when a goal is missed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport } from '../src/reports/reports.ts';
import { agreementLine, type Counted } from './reports/agreement.ts';
import { atOdds } from './reports/at-odds.ts';
import { outcomes, type Row } from './reports/compare.ts';
import { withoutFields } from './reports/without-fields.ts';

const GOALS: Readonly<Record<string, number>> = { kind: 1, recipient: 0.98, status: 0.98 };
const FIELDS = ['kind', 'recipient', 'status', 'action', 'class', 'disposition', 'message-id'];

const directory = join(process.env['WAYBILL_CORPUS_DIR'] ?? '../shared/data/mail', 'reports');
if (!existsSync(join(directory, 'index.tsv'))) {
  console.error(`There is no ${directory}/index.tsv: set WAYBILL_CORPUS_DIR.`);
  process.exit(2);
}
const [head = '', ...lines] = readFileSync(join(directory, 'index.tsv'), 'utf8').trimEnd().split('\n');
const names = head.split('\t');
const rows = lines.map((line): Row => {
  const cells = line.split('\t');
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
});
const messages = rows.map((row) => readFileSync(join(directory, row['file'] ?? '')));
for (const message of messages) parseReport(message);
let slowest = 0;
const begin = performance.now();
const reports = messages.map((message) => {
  const start = performance.now();
  const report = parseReport(message);
  slowest = Math.max(slowest, performance.now() - start);
  return report;
});
const seconds = (performance.now() - begin) / 1000;

const table = new Map<string, (Counted & { why: string | undefined })[]>(FIELDS.map((name) => [name, []]));
for (const [index, row] of rows.entries()) {
  const report = reports[index];
  const message = messages[index];
  if (report === undefined || message === undefined) continue;
  for (const [name, outcome] of Object.entries(outcomes(row, report))) {
    if (outcome === undefined) continue;
    const why = outcome.agrees ? undefined : atOdds(name, outcome, row, message.toString('latin1'));
    table.get(name)?.push({ ...outcome, why, truthBy: row['truth_by'] || 'not said' });
  }
}
console.log(`${'field'.padEnd(39)} agree    n      %  95 %`);
for (const [name, all] of table) {
  console.log(agreementLine(name, all));
  const sources = [...new Set(all.map(({ truthBy }) => truthBy))];
  for (const source of sources.length > 1 ? sources : []) {
    const label = `  ${source.replace(/ \(.*/, '')}`;
    console.log(
      agreementLine(
        label,
        all.filter(({ truthBy }) => truthBy === source),
      ),
    );
  }
  const odd = all.filter(({ why }) => why !== undefined).length;
  if (odd > 0)
    console.log(
      agreementLine(
        '  where the mail does not contradict it',
        all.filter(({ why }) => why === undefined),
      ),
    );
  const goal = GOALS[name];
  if (goal !== undefined && all.filter(({ agrees }) => agrees).length < goal * all.length)
    process.exitCode = 1;
}
const flag = process.argv.indexOf('--wrong');
console.log('\ndisagreements');
for (const [name, all] of table) {
  if (flag !== -1 && (process.argv[flag + 1] ?? name) !== name) continue;
  for (const { file, expected, found, agrees, why } of all) {
    if (agrees || (flag === -1 && why === undefined)) continue;
    console.log(
      `${name}\t${file}\n\t  known ${expected}\n\t  found ${found}${why === undefined ? '' : `\n\t  (${why})`}`,
    );
  }
}

/** The status counts only where the words have it. */
function readAsWords(): void {
  const found = { kind: [] as Counted[], recipient: [] as Counted[], status: [] as Counted[] };
  for (const [index, row] of rows.entries()) {
    const bare = row['kind'] === 'dsn' ? withoutFields(messages[index] ?? Buffer.alloc(0)) : undefined;
    if (bare === undefined) continue;
    const { recipient, status } = outcomes(row, parseReport(bare));
    const { kind } = parseReport(bare);
    const known = { file: row['file'] ?? '', truthBy: '' };
    found.kind.push({ ...known, expected: 'bounce', found: kind, agrees: kind === 'bounce' });
    if (recipient !== undefined) found.recipient.push({ ...recipient, truthBy: '' });
    if (status !== undefined && bare.includes(status.expected)) found.status.push({ ...status, truthBy: '' });
  }
  console.log('\nthe same notifications without their fields, by their words alone');
  for (const [name, all] of Object.entries(found)) console.log(agreementLine(name, all));
}
readAsWords();

const bytes = messages.reduce((sum, { length }) => sum + length, 0);
console.log(
  `\n${reports.length} messages, ${(bytes / 2 ** 20).toFixed(1)} MiB: ${Math.round(reports.length / seconds)} a second, ` +
    `${(bytes / 2 ** 20 / seconds).toFixed(1)} MiB/s, slowest ${slowest.toFixed(1)} ms`,
);
