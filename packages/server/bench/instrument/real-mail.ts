import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instrument, type InstrumentOptions } from '../../src/relay/instrument/instrument.ts';
import { templateMails } from '../spam/mails.ts';
import { rebuild } from './rebuild.ts';

/**
 * Each work is done again for so long, in each of some rounds; the best round counts. Long enough that memory is cleared
 * away in each, of whatever work.
 */
const ROUND_MS = 5;
const ROUNDS = 3;

/** Milliseconds that a mail takes. */
interface Times {
  sizeBytes: number;
  isChanged: boolean;
  copy: number;
  instrument: number;
  /** The same with signed tokens. */
  signed: number;
  rebuild: number;
}

/**
 * Prints what one copy of each real mail costs, against copying its bytes and against rebuilding it: over all of them, for
 * the mail in the middle, and for those alone that are changed.
 *
 * @param corpus with `eml/` and `html/`
 * @returns the ratio over all mail that is changed; undefined when there is no corpus
 */
export async function realMail(
  corpus: string,
  options: InstrumentOptions,
  signed: InstrumentOptions,
): Promise<number | undefined> {
  if (!existsSync(join(corpus, 'eml'))) {
    console.log(`\nNo real mail in ${corpus} (set WAYBILL_CORPUS_DIR)`);
    return undefined;
  }
  const folder = join(corpus, 'eml');
  const files = readdirSync(folder).filter((file) => !file.endsWith('.tsv'));
  const mails = await measureAll(
    files.map((file) => readFileSync(join(folder, file))),
    options,
    signed,
  );
  const templates = existsSync(join(corpus, 'html'))
    ? await measureAll(
        (await templateMails(corpus)).map(({ message }) => message),
        options,
        signed,
      )
    : [];
  const changed = [...mails, ...templates].filter(({ isChanged }) => isChanged);
  console.log(
    '\nReal mail, one copy: MB/s over all, and how much faster than (b) over all, and for the mail in the middle',
  );
  row('', ['mails', 'copy', 'instrument', '(b)', 'over all', 'median', 'below 10x', 'with tokens']);
  summarise('mail', mails);
  summarise(
    '  of it changed',
    mails.filter(({ isChanged }) => isChanged),
  );
  summarise('templates, quoted-printable', templates);
  summarise('all that is changed', changed);
  return ratioOf(changed, 'instrument');
}

async function measureAll(
  mails: readonly Buffer[],
  options: InstrumentOptions,
  signed: InstrumentOptions,
): Promise<Times[]> {
  const measured: Times[] = [];
  for (const mail of mails) {
    const rebuilding = await bestOf(() => rebuild(mail)).catch(() => undefined);
    // What the other cannot read is not compared.
    if (rebuilding === undefined) continue;
    measured.push({
      sizeBytes: mail.length,
      isChanged: instrument(mail, options).touched,
      copy: await bestOf(() => Buffer.from(mail)),
      instrument: await bestOf(() => instrument(mail, options).message),
      signed: await bestOf(() => instrument(mail, signed).message),
      rebuild: rebuilding,
    });
  }
  return measured;
}

async function bestOf(work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    let passes = 0;
    let ms = 0;
    while (ms < ROUND_MS) {
      await work();
      passes += 1;
      ms = performance.now() - start;
    }
    best = Math.min(best, ms / passes);
  }
  return best;
}

type Work = 'copy' | 'instrument' | 'signed' | 'rebuild';

function total(times: readonly Times[], work: Work): number {
  return times.reduce((sum, each) => sum + each[work], 0);
}

function ratioOf(times: readonly Times[], work: Work): number {
  return total(times, 'rebuild') / total(times, work);
}

const GOAL = 10;

function summarise(name: string, times: readonly Times[]): void {
  if (times.length === 0) return;
  const bytes = times.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const speed = (work: Work): string => (bytes / 1_000 / total(times, work)).toFixed(1);
  const ratios = times.map((each) => each.rebuild / each.instrument).toSorted((a, b) => a - b);
  const asTimes = (ratio = 0): string => `${ratio.toFixed(1)}x`;
  row(name, [
    String(times.length),
    speed('copy'),
    speed('instrument'),
    speed('rebuild'),
    asTimes(ratioOf(times, 'instrument')),
    asTimes(ratios[ratios.length >> 1]),
    String(ratios.filter((ratio) => ratio < GOAL).length),
    asTimes(ratioOf(times, 'signed')),
  ]);
}

function row(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(30) + cells.map((cell) => cell.padStart(12)).join(''));
}
