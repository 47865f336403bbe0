import type { InstrumentOptions } from '../../src/relay/instrument/instrument.ts';
import { hostileGroups } from './hostile-mails.ts';

/** Milliseconds a megabyte; of what is shorter, milliseconds in all. */
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
  /** The longer mail keeps to the goal. */
  isGood: boolean;
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
      const [one, longer] = [SIZE_BYTES, SIZE_BYTES * TIMES_AS_LONG].map((sizeBytes) =>
        measure(make(sizeBytes), { ...options, plainText }, work),
      ) as [Run, Run];
      return {
        name,
        ms: one.msPerMegabyte,
        msOfLonger: longer.msPerMegabyte,
        isGood: isGood(one) && isGood(longer),
      };
    }),
  );
  const worst = (each: Measured): number => Math.max(each.ms, each.msOfLonger);
  const isSlow = (each: Measured): boolean => !each.isGood || each.msOfLonger > MUCH_LONGER * each.ms + 1;
  console.log(
    `\nHostile mail, ${measured.length} kinds: milliseconds a megabyte (the goal is ${GOAL}, or ${GOAL} in all) of ${SIZE_BYTES / 1e6} MB, and of ${TIMES_AS_LONG} times as much:`,
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

interface Run {
  ms: number;
  msPerMegabyte: number;
}

function isGood({ ms, msPerMegabyte }: Run): boolean {
  return msPerMegabyte <= GOAL || ms <= GOAL;
}

function measure(
  text: string,
  options: InstrumentOptions,
  work: (mail: Buffer, options: InstrumentOptions) => unknown,
): Run {
  const mail = Buffer.from(text, isUtf8(text) ? 'utf8' : 'latin1');
  let ms = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    work(mail, options);
    ms = Math.min(ms, performance.now() - start);
  }
  return { ms, msPerMegabyte: ms / (mail.length / 1e6) };
}

/** Of other charsets each character is meant to be a byte. */
function isUtf8(text: string): boolean {
  const charset = /charset=([\w-]+)/.exec(text.slice(0, 100))?.[1];
  return charset === undefined || charset === 'utf-8';
}
