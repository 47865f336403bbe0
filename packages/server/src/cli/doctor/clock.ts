import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Finding } from './finding.ts';

const TOPIC = 'clock';
const WATCH_MS = 500;
/** More than a time server slews in that time (500 ppm). */
const TOLERANCE_MS = 50;
const PATIENCE_MS = 3_000;
/** This version was not there before. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/** What was written lately may bear a time that is that much later, as of another machine's file system. */
const AHEAD_MS = 60_000;

/**
 * Whether the wall clock goes as the monotonic one does and is behind nothing that was written already, and whether a time
 * server keeps it.
 */
export async function checkClock(wall: () => number, dataDir: string): Promise<Finding[]> {
  const before = wall() - performance.now();
  await sleep(WATCH_MS);
  const jumpMs = wall() - performance.now() - before;
  const now = new Date(wall()).toISOString();
  const findings: Finding[] = [];
  if (wall() < NOT_BEFORE) {
    findings.push({
      topic: TOPIC,
      level: 'problem',
      text: `it says ${now}, which is long ago`,
      advice: 'Set the clock, and have a time server keep it (apt install systemd-timesyncd, or chrony).',
    });
  } else if (Math.abs(jumpMs) > TOLERANCE_MS) {
    findings.push({
      topic: TOPIC,
      level: 'warning',
      text: `it was moved by ${Math.round(jumpMs)} ms while it was watched for ${WATCH_MS} ms`,
      advice:
        'Find out what sets it; two programs may be at odds. Times of hits are as wrong as the clock is.',
    });
  } else findings.push({ topic: TOPIC, level: 'ok', text: `it says ${now}, and goes evenly` });
  const latest = await latestChange(dataDir);
  if (latest > wall() + AHEAD_MS) {
    findings.push({
      topic: TOPIC,
      level: 'problem',
      text: `it is behind: the data directory was written to at ${new Date(latest).toISOString()}, which is still to come`,
      advice:
        'Set the clock. If it was ahead before, what was recorded then bears times that are too late; waiting mail is pulled back by itself.',
    });
  }
  findings.push(await timeServer());
  return findings;
}

/** When anything in the first two levels of a directory was changed last, ms; 0 when there is nothing. */
async function latestChange(dataDir: string): Promise<number> {
  const changedAt = (path: string): Promise<number> =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  const within = (path: string): Promise<string[]> =>
    readdir(path).then(
      (names) => names.map((name) => join(path, name)),
      () => [],
    );
  const outer = await within(dataDir);
  const inner = (await Promise.all(outer.map(within))).flat();
  return Math.max(0, ...(await Promise.all([...outer, ...inner].map(changedAt))));
}

async function timeServer(): Promise<Finding> {
  const isKept = await keptByTimeServer();
  if (isKept === true) return { topic: TOPIC, level: 'ok', text: 'a time server keeps it' };
  if (isKept === undefined) {
    return { topic: TOPIC, level: 'unknown', text: 'whether a time server keeps it cannot be known here' };
  }
  return {
    topic: TOPIC,
    level: 'warning',
    text: 'no time server keeps it',
    advice: 'apt install systemd-timesyncd, or chrony; then: timedatectl set-ntp true',
  };
}

/** @returns undefined when nobody here knows, as in a container */
async function keptByTimeServer(): Promise<boolean | undefined> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  const show = ['show', '--property=NTPSynchronized', '--value'];
  const timedatectl = await says('timedatectl', show);
  if (timedatectl === 'yes') return true;
  const chrony = await says('chronyc', ['-c', 'tracking']);
  if (chrony !== undefined) return !chrony.endsWith('Not synchronised');
  return timedatectl === 'no' ? false : undefined;
}

async function says(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: PATIENCE_MS });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
