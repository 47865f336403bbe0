/**
 * What does instrumentation cost with spam filters? Every mail is scored before and after by SpamAssassin and rspamd
 * (Debian's packages; local tests only, nothing learned), with three tracking hosts:
 *
 *   WAYBILL_CORPUS_DIR=../data/mail node packages/server/bench/spam.ts [--each] [--only TEXT] [--filter rspamd|spamassassin] [--trap-link] [--spam-care none|pixel]
 *
 * `--each` lists the mails that became worse; `--only` takes mails whose name holds the text;
 * `--trap-link` puts in the link that nobody can see, too; `--spam-care` is WAYBILL_SPAM_CARE. Leaves with 1 when a goal
 * is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { WorkspaceId } from '../src/kernel/ids.ts';
import { instrument } from '../src/relay/instrument/instrument.ts';
import { Keyring, linkUrl, pixelUrl, trapUrl, type TokenClaims } from '../src/tracking/tracking.ts';
import type { Filter, Opinion } from './spam/filter.ts';
import { sampleMails, type SampleMail } from './spam/mails.ts';
import { startRspamd } from './spam/rspamd.ts';
import { startSpamAssassin } from './spam/spamassassin.ts';

/** Above this a message counts as spam: SpamAssassin's default. */
const SPAM = 5;
const GOAL = { median: 0, worst: 0.5, pushed: 0 };
/** Scores are sums of points with three decimals. */
const ROUNDING = 0.0005;

const HOSTS: Readonly<Record<string, (message: Buffer) => string>> = {
  'another organisation': () => 'https://track.waybill-mail.net',
  'the sender’s domain': (message) =>
    `https://track.${/^From:[^\n]*(?:\n[ \t][^\n]*)*?@([\w-]+(?:\.[\w-]+)+)/im.exec(message.toString('latin1'))?.[1]?.toLowerCase() ?? 'archer-gardens.com'}`,
  'the default, an address': () => 'http://127.0.0.1:8425',
};

function valueOf(option: string): string | undefined {
  const at = process.argv.indexOf(option);
  return at === -1 ? undefined : process.argv[at + 1];
}

interface Change {
  mail: SampleMail;
  before: Opinion;
  after: Opinion;
}

const spamCare = valueOf('--spam-care');

const keyring = new Keyring(new Map([[0, Buffer.alloc(32, 'bench')]]));

function tracked({ message }: SampleMail, index: number, host: string): Buffer | undefined {
  const claims: TokenClaims = {
    workspaceId: 1 as WorkspaceId,
    subject: Buffer.alloc(16, `mail ${index}`).toString('hex'),
    linkIndex: 0,
    mode: 'full',
  };
  const result = instrument(message, {
    pixelUrl: pixelUrl(keyring, host, claims),
    linkUrl: (to, linkIndex) => linkUrl(keyring, host, { ...claims, linkIndex }, to),
    ...(process.argv.includes('--trap-link') ? { trapUrl: trapUrl(keyring, host, claims) } : {}),
    ...(spamCare === 'none' || spamCare === 'pixel' ? { spamCare } : {}),
    // All mail here counts as the sender's own: signatures of the corpus would leave too little.
    resigns: () => true,
  });
  return result.touched ? Buffer.from(result.message) : undefined;
}

function growth({ before, after }: Change): number {
  return Math.round((after.score - before.score) * 1000) / 1000;
}

function report(changes: readonly Change[]): boolean {
  const sorted = changes.map(growth).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const worst = sorted.at(-1) ?? 0;
  const pushed = changes.filter(({ before, after }) => before.score < SPAM && after.score >= SPAM).length;
  const worse = sorted.filter((value) => value > ROUNDING).length;
  const better = sorted.filter((value) => value < -ROUNDING).length;
  const cells = [String(changes.length), signed(median), signed(worst), worse, better, pushed];
  console.log(cells.map((cell) => String(cell).padStart(9)).join(''));
  return (
    Math.abs(median) <= GOAL.median + ROUNDING && worst <= GOAL.worst + ROUNDING && pushed <= GOAL.pushed
  );
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(3)}`;
}

/** Which rules came and went, how often, and what all of that weighed. */
function reportRules(changes: readonly Change[]): void {
  const rules = new Map<string, { came: number; went: number; moved: number; points: number }>();
  for (const { before, after } of changes) {
    for (const name of new Set([...before.rules.keys(), ...after.rules.keys()])) {
      const was = before.rules.get(name);
      const is = after.rules.get(name);
      if (was === is) continue;
      const entry = rules.get(name) ?? { came: 0, went: 0, moved: 0, points: 0 };
      if (was === undefined) entry.came += 1;
      else if (is === undefined) entry.went += 1;
      else entry.moved += 1;
      entry.points += (is ?? 0) - (was ?? 0);
      rules.set(name, entry);
    }
  }
  for (const [name, { came, went, moved, points }] of [...rules].sort(
    ([, a], [, b]) => b.points - a.points,
  )) {
    const counts = [came && `came ${came}`, went && `went ${went}`, moved && `changed ${moved}`].filter(
      Boolean,
    );
    console.log(`      ${name.padEnd(28)} ${counts.join(', ').padEnd(28)} ${signed(points)}`);
  }
}

async function compare(filter: Filter, mails: readonly SampleMail[], hosts: string[]): Promise<boolean> {
  let isGood = true;
  const opinions = new Map<SampleMail, Opinion>();
  for (const host of hosts) {
    const changes = await inParallel(filter.parallel, mails, async (mail, index): Promise<Change[]> => {
      const after = tracked(mail, index, HOSTS[host]?.(mail.message) ?? '');
      if (after === undefined) return [];
      const before = opinions.get(mail) ?? (await filter.check(mail.message));
      opinions.set(mail, before);
      return [{ mail, before, after: await filter.check(after) }];
    });
    const groups = Map.groupBy(changes.flat(), ({ mail }) => mail.group);
    console.log(`\n${filter.name} ${filter.version}, tracking host: ${host}`);
    console.log(
      `  ${''.padEnd(26)}${['n', 'median', 'worst', 'worse', 'better', 'pushed'].map((name) => name.padStart(9)).join('')}`,
    );
    for (const [group, some] of groups) {
      process.stdout.write(`  ${group.padEnd(26)}`);
      const meets = report(some);
      isGood &&= meets || host === 'the default, an address';
    }
    const all = changes.flat();
    reportRules(all);
    if (process.argv.includes('--each')) list(all);
  }
  return isGood;
}

/** The results are in the order of the items. */
async function inParallel<T, R>(
  width: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

function list(changes: readonly Change[]): void {
  const worse = changes.filter((change) => growth(change) > ROUNDING);
  for (const change of worse.toSorted((a, b) => growth(b) - growth(a))) {
    const { before, after, mail } = change;
    const came = [...after.rules].filter(([name, points]) => before.rules.get(name) !== points);
    console.log(
      `      ${signed(growth(change))}  ${mail.name}: ${came.map(([name, points]) => `${name} ${points}`).join(', ')}`,
    );
  }
}

const corpus = resolve(
  process.env['WAYBILL_CORPUS_DIR'] ?? join(import.meta.dirname, '../../../../shared/data/mail'),
);
const FILTERS = { spamassassin: startSpamAssassin, rspamd: startRspamd };
const only = valueOf('--only') ?? '';
const onlyFilter = valueOf('--filter') ?? '';
const mails = (await sampleMails(corpus)).filter(({ name }) => name.includes(only));
const directory = await mkdtemp(join(tmpdir(), 'waybill-spam-'));
let isGood = true;
try {
  for (const [name, start] of Object.entries(FILTERS)) {
    if (onlyFilter !== '' && name !== onlyFilter) continue;
    const filter = await start(await mkdtemp(join(directory, 'filter-')));
    try {
      isGood = (await compare(filter, mails, Object.keys(HOSTS))) && isGood;
    } finally {
      await filter.stop();
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(`\ngoal: median ${GOAL.median}, worst +${GOAL.worst}, none pushed over ${SPAM}`);
process.exitCode = isGood ? 0 : 1;
