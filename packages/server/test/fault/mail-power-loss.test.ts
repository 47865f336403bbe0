import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { shortOrLong } from '../support/long-form.ts';
import { demoCredential } from '../support/mail.ts';
import { cutPower } from '../support/power-cuts.ts';
import { signal } from '../support/process-tree.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { dataOf, noStrace, SystemCallTrace, targetOf, type SystemCall } from '../support/strace.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { UnpluggedDisk } from '../support/unplugged-disk.ts';

const MAILS = shortOrLong(60, 150);
const CLIENTS = 5;
/** Moments of the trace at which the power fails. */
const MOMENTS = shortOrLong(10, 50);
const DATABASE = 'waybill.db';
const ACCEPTED = /250 .*accepted as (WB-[\w-]+)/;

/** A back end that was started under the eyes of strace, and what it did while mails came in. */
interface Recorded {
  /** As they were before the trace; each can go through it once. */
  disks: readonly UnpluggedDisk[];
  calls: SystemCall[];
  /** Tracking numbers that the clients were told. */
  told: Set<string>;
}

/** @param inject what strace does to the back end's system calls */
async function record(server: RunningServer, traceFile: string, inject?: string): Promise<Recorded> {
  const credential = demoCredential(server);
  const trace = await SystemCallTrace.attach(server.processes.supervisor, traceFile, inject);
  const before = server.processes.backEnd;
  // The next back end is watched from its first call on, and finds what this one left.
  signal(before, 'SIGKILL');
  const disks = [await UnpluggedDisk.of(server.dataDir), await UnpluggedDisk.of(server.dataDir)];
  const { smtp } = await eventually('the back end is back', async () => {
    const local = await server.local();
    return local.processes.backEnd !== before && local;
  });
  const told = await submitAll(smtp ?? { host: '', port: 0 }, credential);
  return { disks, calls: await trace.end(), told };
}

/** Several clients at once, so that mails share commits, in the clear, so that the trace shows the replies. */
async function submitAll(
  address: { host: string; port: number },
  { user, pass }: { user: string; pass: string },
): Promise<Set<string>> {
  const told = new Set<string>();
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, n) => {
      const client = await SmtpDialogue.open(address);
      try {
        assert.match(await client.signIn(user, pass), /^235/);
        for (let mails = 0; mails < MAILS / CLIENTS; mails++) {
          for (const line of ['MAIL FROM:<sam@example.org>', `RCPT TO:<r${n}.${mails}@example.net>`, 'DATA'])
            assert.match(await client.command(line), /^[23]/);
          client.write(`From: sam@example.org\r\nSubject: ${n}.${mails}\r\n\r\nHello\r\n.\r\n`);
          const [, number] = ACCEPTED.exec(await client.reply()) ?? [];
          assert.ok(number !== undefined);
          told.add(number);
        }
        // A reply that is here may not be whole in the trace yet; one before another is.
        assert.match(await client.command('NOOP'), /^250/);
      } finally {
        client.close();
      }
    }),
  );
  return told;
}

/** The power fails just before chosen 250s go out. */
function unplug(disk: UnpluggedDisk, { calls, told }: Recorded, target: string, chance: number) {
  return cutPower(disk, {
    calls,
    target,
    chance,
    every: Math.max(1, Math.floor(told.size / MOMENTS)),
    promisedBy: numberToldBy,
    found: () => numbersIn(target),
  });
}

function numberToldBy(call: SystemCall): string | undefined {
  if (!/^(?:write|writev|sendto|sendmsg)$/.test(call.name)) return undefined;
  if (!targetOf(call).startsWith('socket:')) return undefined;
  return ACCEPTED.exec(dataOf(call).toString('latin1'))?.[1];
}

/** What a start after the loss of power finds: deliveries with a copy that is to be sent, and what it is made from. */
function numbersIn(directory: string): Set<string> {
  const database = new DatabaseSync(join(directory, DATABASE));
  try {
    database.exec('PRAGMA synchronous = OFF');
    assert.equal(Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0], 'ok');
    const rows = database
      .prepare(
        `select tracking_number as number from deliveries inner join queue on queue.delivery_id = deliveries.id
         where queue.state = 'done' or exists (select 1 from contents where contents.id = queue.content_id)`,
      )
      .all() as { number: string }[];
    return new Set(rows.map(({ number }) => number));
  } finally {
    database.close();
  }
}

test(
  'a mail is on the disk before its 250: whenever the power fails, every accepted mail is in the database',
  { skip: noStrace ?? false },
  async (t) => {
    await using directory = await temporaryDirectory();
    await using scratch = await temporaryDirectory();
    const server = await startServer(join(directory.path, 'data'));
    try {
      const recorded = await record(server, join(scratch.path, 'trace'));
      const [worst, torn] = recorded.disks;
      assert.ok(worst && torn);
      const after = join(scratch.path, 'after');
      const { answers, looked, lost } = await unplug(worst, recorded, after, 0);
      assert.equal(answers, recorded.told.size, 'each answer was seen in the trace');
      assert.deepEqual(lost, []);
      const again = await unplug(torn, recorded, after, 0.5);
      assert.deepEqual(again.lost, []);
      t.diagnostic(
        `${answers} mails accepted, the power failed before ${looked} of the answers, ` +
          `and ${again.looked} times with random sectors of what was not synced: 0 lost`,
      );
    } finally {
      await server.stop();
    }
  },
);

test(
  'the control: on a disk that only says it has synced, the same program loses accepted mails',
  { skip: noStrace ?? false },
  async (t) => {
    await using directory = await temporaryDirectory();
    await using scratch = await temporaryDirectory();
    const server = await startServer(join(directory.path, 'data'));
    try {
      const lie = 'fsync,fdatasync,sync_file_range,msync:retval=0';
      const recorded = await record(server, join(scratch.path, 'trace'), lie);
      const [disk] = recorded.disks;
      assert.ok(disk);
      const { answers, lost } = await unplug(disk, recorded, join(scratch.path, 'after'), 0);
      assert.equal(answers, recorded.told.size);
      assert.ok(lost.length > answers / 2, `only ${lost.length} of ${answers} were lost`);
      t.diagnostic(`${lost.length} of ${answers} accepted mails lost: this test can fail`);
    } finally {
      await server.stop();
    }
  },
);
