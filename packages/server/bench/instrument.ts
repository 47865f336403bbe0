/**
 * What does instrumentation cost? Prints for one copy of a mail megabytes a second and ratios against (a) copying the
 * bytes, (b) taking the same mail apart with mailparser and building it again with nodemailer, and (c) the same with the
 * pixel and the links put in by way of a tree; then the same mail to many, all mail of a corpus (WAYBILL_CORPUS_DIR), and
 * hostile mail at two sizes:
 *
 *   node packages/server/bench/instrument.ts [--only made-up|real|hostile]
 *
 * The mails of the first two are made up: a newsletter in three encodings, alone and with an attachment. The goal is
 * (b), which changes nothing in the mail and keeps hardly a field of its header.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { instrumentOptions, copyPlan } from '../src/relay/copy-plan.ts';
import { instrument, prepareMessage, type InstrumentOptions } from '../src/relay/instrument/instrument.ts';
import type { WorkspaceId } from '../src/kernel/ids.ts';
import { Keyring } from '../src/tracking/tracking.ts';
import { hostile } from './instrument/hostile.ts';
import { madeUpMails } from './instrument/mails.ts';
import { realMail } from './instrument/real-mail.ts';
import { changeTree, rebuild } from './instrument/rebuild.ts';

const OPTIONS: InstrumentOptions = {
  pixelUrl: 'https://track.example.org/o/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.gif',
  linkUrl: (destination, index) =>
    `https://track.example.org/l/${index}?to=${encodeURIComponent(destination)}`,
  isTracked: () => undefined,
};

/** As the relay makes them, with a signed token in each address. */
const SIGNED = signedOptions();

function signedOptions(): InstrumentOptions {
  const context = {
    keyring: new Keyring(new Map([[1, Buffer.alloc(32, 1)]])),
    publicUrl: 'https://track.example.org',
  };
  const workspaceId = 1 as WorkspaceId;
  const plan = copyPlan(context, workspaceId, { subject: 'a5'.repeat(16), mode: 'full', disclosure: 'none' });
  return instrumentOptions(context, workspaceId, plan);
}

const GOAL = 10;
/** What runs beside it on the machine slows some rounds and not others: of each work the best round counts. */
const ROUNDS = 8;
const ROUND_SECONDS = 0.15;

type Work = (mail: Buffer) => unknown;

/** Seconds that each work takes for all mails, in its best round; the rounds of all works take turns. */
async function measure(mails: readonly Buffer[], works: readonly Work[]): Promise<number[]> {
  const best = works.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, work] of works.entries()) {
      const seconds = await secondsOf(mails, work);
      best[index] = Math.min(best[index] ?? Infinity, seconds);
    }
  }
  return best;
}

async function secondsOf(mails: readonly Buffer[], work: Work): Promise<number> {
  const start = performance.now();
  let passes = 0;
  let seconds = 0;
  while (seconds < ROUND_SECONDS) {
    for (const mail of mails) await work(mail);
    passes += 1;
    seconds = (performance.now() - start) / 1_000;
  }
  return seconds / passes;
}

/** A mail that goes to many is read once. */
function copies(count: number): Work {
  return (mail) => {
    const prepared = prepareMessage(mail);
    let bytes = 0;
    for (let copy = 0; copy < count; copy += 1) bytes += instrument(prepared, OPTIONS).message.length;
    return bytes;
  };
}

/** Each further copy alone. */
function furtherCopies(mails: readonly Buffer[], options: InstrumentOptions): Work {
  const prepared = new Map(mails.map((mail) => [mail, prepareMessage(mail)]));
  return (mail) => instrument(prepared.get(mail) ?? mail, options).message;
}

const ratio = (one = 0, other = 1): string => `${(one / other).toFixed(1)}x`.padStart(9);
const row = (name: string, cells: readonly string[]): void => {
  console.log(name.padEnd(30) + cells.map((cell) => cell.padStart(12)).join(''));
};

const COUNTS = [1, 10, 1_000];

/** @returns the worst ratio to (b) of one copy */
async function madeUp(): Promise<number> {
  const measured = madeUpMails();
  let worst = Infinity;
  const rebuilding = new Map<string, number>();
  console.log('One copy, MB/s; (b) rebuilds the mail, (c) changes it through a tree as well:');
  row('', ['copy', 'instrument', '(b)', '(c)', 'against (b)', 'against (c)', 'a mail, µs']);
  for (const { name, mails } of measured) {
    const seconds = await measure(mails, [
      (mail) => Buffer.from(mail),
      (mail) => instrument(mail, OPTIONS).message,
      (mail) => rebuild(mail),
      (mail) => rebuild(mail, (html) => changeTree(html, OPTIONS)),
    ]);
    const [, ours = 0, theirs = 0, changed = 0] = seconds;
    worst = Math.min(worst, theirs / ours);
    rebuilding.set(name, theirs);
    const bytes = mails.reduce((sum, { length }) => sum + length, 0);
    const speeds = seconds.map((each) => (bytes / 1e6 / each).toFixed(1));
    row(name, [
      ...speeds,
      ratio(theirs, ours),
      ratio(changed, ours),
      ((ours * 1e6) / mails.length).toFixed(0),
    ]);
  }
  console.log(`goal: at least ${GOAL}x (b); worst ${worst.toFixed(1)}x`);
  console.log(
    '\nThe same mail to many, read once, against (b) for each; and what each further copy takes, µs:',
  );
  row('', [...COUNTS.map((count) => `${count} copies`), 'a copy', 'with tokens']);
  for (const { name, mails } of measured) {
    if (mails.some(({ length }) => length > 5_000_000)) continue;
    const works = [...COUNTS.map(copies), furtherCopies(mails, OPTIONS), furtherCopies(mails, SIGNED)];
    const seconds = await measure(mails, works);
    const theirs = rebuilding.get(name) ?? 0;
    const ratios = COUNTS.map((count, index) => ratio(theirs * count, seconds[index]));
    const each = seconds.slice(COUNTS.length).map((some) => ((some * 1e6) / mails.length).toFixed(0));
    row(name, [...ratios, ...each]);
  }
  return worst;
}

const corpus = resolve(
  process.env['WAYBILL_CORPUS_DIR'] ?? join(import.meta.dirname, '../../../../shared/data/mail'),
);
const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
const isWanted = (part: string): boolean => only === undefined || only === part;
let isGood = true;
if (isWanted('made-up')) isGood = (await madeUp()) >= GOAL && isGood;
if (isWanted('real')) isGood = ((await realMail(corpus, OPTIONS, SIGNED)) ?? GOAL) >= GOAL && isGood;
if (isWanted('hostile')) {
  isGood = hostile(SIGNED, (mail, options) => instrument(mail, options).message) && isGood;
}
process.exitCode = isGood ? 0 : 1;
