import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliIo, CliSettings } from '../cli/io.ts';
import { systemClock } from '../kernel/clock.ts';

interface Command {
  about: string;
  run(args: string[], io: CliIo): Promise<number>;
}

/** Each command's file is loaded only when it is called: the filters must start fast. */
const COMMANDS: Record<string, Command> = {
  serve: {
    about: 'Run the server: edge, relay, API and dashboard',
    run: async (args, io) => {
      const { childEnvironment } = await import('../config/environment.ts');
      const { COMPILED_CODE } = await import('./compiled-code.ts');
      const { ServerProcesses } = await import('./server-processes.ts');
      const entry = fileURLToPath(new URL('../main.ts', import.meta.url));
      const processes = new ServerProcesses(entry, childEnvironment(COMPILED_CODE));
      // Before anything else is loaded here: they have the most to load.
      if (args.length === 0) processes.begin();
      try {
        const { run } = await import('../cli/serve.ts');
        const { lockDataDir } = await import('../storage/data-dir-lock.ts');
        const { refuseNewerSchema } = await import('../storage/schema-check.ts');
        const { Supervisor } = await import('./supervise.ts');
        return await run(args, io, {
          lock: (dataDir) => {
            refuseNewerSchema(join(dataDir, 'waybill.db'));
            return lockDataDir(dataDir, 'serve', 5_000);
          },
          supervisor: (options) => new Supervisor({ processes, ...options }),
        });
      } finally {
        processes.end();
      }
    },
  },
  send: {
    about: 'Send a tracked mail',
    run: async (args, io) => (await import('../cli/send.ts')).run(args, io),
  },
  status: {
    about: 'Show the verdict and the timeline of a tracking number',
    run: async (args, io) => (await import('../cli/status.ts')).run(args, io),
  },
  queue: {
    about: 'List, show, try again or drop what is in the mail queue',
    run: async (args, io) => (await import('../cli/queue.ts')).run(args, io),
  },
  watch: {
    about: 'Follow events as they happen',
    run: async (args, io) => (await import('../cli/watch.ts')).run(args, io),
  },
  'sign-in': {
    about: 'Make a link for the first sign-in to the dashboard',
    run: async (args, io) => {
      const { run } = await import('../cli/sign-in.ts');
      const { openSignInLinks } = await import('./sign-in-links.ts');
      return run(args, io, { createSignInLink: openSignInLinks });
    },
  },
  explain: {
    about: 'Judge hits given as JSON lines: who was it, and why',
    run: async (args, io) => {
      const { run } = await import('../cli/explain.ts');
      const { createLookup } = await import('../storage/lookup.ts');
      const onMissing = (sentence: string): boolean => io.stderr.write(`waybill: ${sentence}\n`);
      const fetchedDirectory = join(io.env.dataDir, 'tables');
      return run(args, io, await createLookup({ fetchedDirectory, onMissing }));
    },
  },
  rejudge: {
    about: 'Judge stored hits again by the current rules',
    run: async (args, io) => {
      const { run } = await import('../cli/rejudge.ts');
      const { openRejudge } = await import('./open-rejudge.ts');
      const onMissing = (sentence: string): boolean => io.stderr.write(`waybill: ${sentence}\n`);
      return run(args, io, { open: () => openRejudge(onMissing) });
    },
  },
  data: {
    about: 'Say how old the published address lists are, or fetch them anew',
    run: async (args, io) => {
      const { run } = await import('../cli/data.ts');
      const { openRangeLists } = await import('./open-range-lists.ts');
      const sentence = 'The fetched lists cannot be read; those of this version are used.';
      const onDamaged = (): boolean => io.stderr.write(`waybill: ${sentence}\n`);
      return run(args, io, openRangeLists(join(io.env.dataDir, 'tables'), onDamaged));
    },
  },
  mailbox: {
    about: 'Say whether the senders’ mailboxes can be used',
    run: async (args, io) => {
      const { run } = await import('../cli/mailbox.ts');
      const { loadConfig } = await import('../config/load.ts');
      const { systemRandom: random } = await import('../kernel/ids.ts');
      const { checkMailbox, readMailboxAccounts } = await import('../mailboxes/mailboxes.ts');
      const { imapTokens } = await import('./imap-tokens.ts');
      const { clock, signal } = io;
      return run(args, io, {
        accounts: () => readMailboxAccounts(loadConfig().imapAccounts),
        check: (account) =>
          checkMailbox(account, { clock, random, signal, tokens: imapTokens(loadConfig(), clock)(account) }),
      });
    },
  },
  doctor: {
    about: 'Say what is wrong on this machine, and what to do about it',
    run: async (args, io) => {
      const { run } = await import('../cli/doctor/doctor.ts');
      const { examine } = await import('./examine.ts');
      return run(args, io, () => examine(io.clock, io.signal));
    },
  },
  backup: {
    about: 'Back up the data directory, also while the server runs',
    run: async (args, io) => {
      const { run } = await import('../cli/backup.ts');
      const { loadConfig } = await import('../config/load.ts');
      const { writeBackup } = await import('../storage/backup/write-backup.ts');
      return run(args, io, {
        write: (target) => {
          const { dataDir, database, masterKeys } = loadConfig();
          const hasMasterKeys = masterKeys === undefined;
          return writeBackup({ dataDir, target, database: database.engine, hasMasterKeys, clock: io.clock });
        },
      });
    },
  },
  restore: {
    about: 'Put a backup into an empty data directory',
    run: async (args, io) => {
      const { run } = await import('../cli/restore.ts');
      const { restoreBackup } = await import('../storage/backup/restore-backup.ts');
      return run(args, io, { restore: (source) => restoreBackup(source, io.env.dataDir) });
    },
  },
  instrument: {
    about: 'Put a pixel and tracked links into a message',
    run: async (args, io) => {
      const { run } = await import('../cli/instrument.ts');
      const { loadPublicUrl } = await import('../config/load.ts');
      return run(args, io, { publicUrl: (given) => loadPublicUrl(given) });
    },
  },
  dkim: {
    about: 'Make keys to sign mail with, and show what to publish of them',
    run: async (args, io) => (await import('../cli/dkim.ts')).run(args, io),
  },
  report: {
    about: 'Say what a bounce, receipt, auto-reply or complaint reports',
    run: async (args, io) => (await import('../cli/report.ts')).run(args, io),
  },
};

/** Those that change something finish it, whether somebody listens or not. */
const ACTS: ReadonlySet<string> = new Set(['serve', 'send', 'rejudge', 'backup', 'restore', 'dkim', 'data']);

const USAGE = `Usage: waybill COMMAND [OPTIONS]

${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(12)}${about}`)
  .join('\n')}

waybill COMMAND --help says more about each, waybill --version which version this is.
Settings: docs/configuration.md
`;

/** @returns the exit status: 0 done, 1 failed, 2 wrongly called */
export async function runCommand(
  name: string | undefined,
  args: string[],
  env: CliSettings,
): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(USAGE);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`waybill ${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`waybill: there is no command ${JSON.stringify(name)}\n\n${USAGE}`);
    return 2;
  }
  // A reader like `head` that has enough closes the pipe, which is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!ACTS.has(name)) process.exit(0);
  });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  return command.run(args, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTty: process.stdout.isTTY === true,
    env,
    clock: systemClock,
    signal: interrupted.signal,
  });
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
