import type { MailboxAccount, MailboxCheck } from '../mailboxes/mailboxes.ts';
import type { CliIo } from './io.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'mailbox',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill mailbox check [--json]

Signs in to each mailbox of WAYBILL_IMAP_ACCOUNTS and says what works: the folders that are watched, whether the
server tells at once what is new, and where copies of sent mail go. Nothing in a mailbox is changed.

  --json    one JSON object instead
`,
} as const satisfies Usage;

/** The mailboxes of the configuration. */
export interface ConfiguredMailboxes {
  /** @throws AppError `misconfigured` */
  accounts(): readonly MailboxAccount[];
  check(account: MailboxAccount): Promise<MailboxCheck>;
}

/** `waybill mailbox`: exits with 1 when something in a mailbox does not work. */
export async function run(args: string[], io: CliIo, mailboxes: ConfiguredMailboxes): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (positionals.length !== 1 || positionals[0] !== 'check') return wrongCall('mailbox', 'Say check.', io);
  const checks = await Promise.all(mailboxes.accounts().map((account) => mailboxes.check(account)));
  if (values.json === true) io.stdout.write(`${JSON.stringify({ mailboxes: checks })}\n`);
  else if (checks.length === 0) io.stdout.write('No mailbox is set: WAYBILL_IMAP_ACCOUNTS is empty.\n');
  else for (const check of checks) tell(check, io);
  return checks.every(isGood) ? 0 : 1;
}

function isGood({ problem, folders, sent }: MailboxCheck): boolean {
  if (problem !== undefined || folders.some((folder) => folder.problem !== undefined)) return false;
  return sent === undefined || 'folder' in sent;
}

function tell({ account, problem, isEncrypted, hasIdle, folders, sent }: MailboxCheck, io: CliIo): void {
  const say = (line: string): boolean => io.stdout.write(`${line}\n`);
  say(`${account.number}. ${account.address} at ${account.host}:${account.port}`);
  if (problem !== undefined) {
    say(`   ${problem}`);
    return;
  }
  say(`   signed in, ${isEncrypted ? 'encrypted' : 'not encrypted'}`);
  const news = hasIdle ? 'new mail is seen at once' : 'looked at every minute (no IDLE)';
  for (const folder of folders) {
    const state = folder.problem ?? `${folder.messages} messages, ${news}`;
    say(`   ${folder.name}: ${state}`);
  }
  if (sent === undefined) say('   copies of sent mail: none wanted');
  else say(`   copies of sent mail: ${'folder' in sent ? `into ${sent.folder}` : sent.problem}`);
}
