import type { InstrumentOptions } from '../../src/relay/instrument/instrument.ts';
import { hostileGroups } from './hostile-mails.ts';

/** Milliseconds a megabyte. */
const GOAL = 50;
const SIZE_BYTES = 1_500_000;
const TIMES_AS_LONG = 3;
/** What is this much longer for each byte of the longer mail is out of proportion; memory makes some of it. */
const MUCH_LONGER = 2;
const ROUNDS = 4;
/** Named one by one from here on. */
const NOTABLE = 20;

interface Measured {
  name: string;
  /** Milliseconds a megabyte of the shorter and of the longer mail. */
  ms: number;
  msOfLonger: number;
}

/**
 * Prints what hostile mails cost, with signed tokens in all that is written.
 *
 * @param work what is done with a mail
 * @returns whether all of them keep to the goal
 */
export function hostile(
  options: InstrumentOptions,
  work: (mail: Buffer, options: InstrumentOptions) => unknown,
): boolean {
  const { pixelUrl, linkUrl } = options;
  if (pixelUrl === null || linkUrl === null) throw new Error('hostile mail is full of our own addresses');
  const measured = hostileGroups({ pixelUrl, linkUrl }).flatMap(({ mails, plainText }) =>
    Object.entries(mails).map(([name, make]): Measured => {
      const msOf = (sizeBytes: number): number =>
        msPerMegabyte(make(sizeBytes), { ...options, plainText }, work);
      return { name, ms: msOf(SIZE_BYTES), msOfLonger: msOf(SIZE_BYTES * TIMES_AS_LONG) };
    }),
  );
  const worst = (each: Measured): number => Math.max(each.ms, each.msOfLonger);
  const isSlow = (each: Measured): boolean =>
    worst(each) > GOAL || each.msOfLonger > MUCH_LONGER * each.ms + 1;
  console.log(
    `\nHostile mail, ${measured.length} kinds: milliseconds a megabyte (the goal is ${GOAL}) of ${SIZE_BYTES / 1e6} MB, and of ${TIMES_AS_LONG} times as much:`,
  );
  for (const each of measured.toSorted((a, b) => worst(b) - worst(a))) {
    if (worst(each) < NOTABLE && !isSlow(each)) continue;
    const figures = [each.ms, each.msOfLonger].map((ms) => ms.toFixed(1).padStart(8)).join('');
    console.log(`  ${each.name.padEnd(48)}${figures}${isSlow(each) ? '   missed' : ''}`);
  }
  const slow = measured.filter(isSlow).length;
  console.log(`  all others below ${NOTABLE}; ${slow} of ${measured.length} miss the goal`);
  return slow === 0;
}

function msPerMegabyte(
  text: string,
  options: InstrumentOptions,
  work: (mail: Buffer, options: InstrumentOptions) => unknown,
): number {
  const mail = Buffer.from(text, isUtf8(text) ? 'utf8' : 'latin1');
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    work(mail, options);
    best = Math.min(best, performance.now() - start);
  }
  return best / (mail.length / 1e6);
}

/** Of other charsets each character is meant to be a byte. */
function isUtf8(text: string): boolean {
  const charset = /charset=([\w-]+)/.exec(text.slice(0, 100))?.[1];
  return charset === undefined || charset === 'utf-8';
}
