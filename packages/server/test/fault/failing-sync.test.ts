import assert from 'node:assert/strict';
import { openSync, closeSync, fdatasyncSync } from 'node:fs';
import { join } from 'node:path';
import { NO_RETURN_PATHS } from '../../src/relay/return-path.ts';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startTestRelay, submit, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const mail = (subject: string) =>
  `From: sam@example.org\r\nTo: ann@example.net\r\nSubject: ${subject}\r\nContent-Type: text/html\r\n\r\n` +
  `<p>Hello <a href="https://www.example.org/">there</a></p>\r\n`;
const TO = ['ann@example.net', 'ben@example.net'];
const TABLES = [
  'messages',
  'deliveries',
  'events',
  'message_links',
  'contents',
  'queue',
  'return_paths',
  'sent_copies',
] as const;

async function counts({ engine }: TestRelay): Promise<Record<(typeof TABLES)[number], number>> {
  const rows = TABLES.map(async (table) => [
    table,
    (await engine.db.selectFrom(table).selectAll().execute()).length,
  ]);
  return Object.fromEntries(await Promise.all(rows)) as Record<(typeof TABLES)[number], number>;
}

/** A disk that fails when it is told to, with what happens then. */
function disk() {
  const state = { onSync: undefined as (() => void) | undefined };
  const syncFile = async (path: string): Promise<void> => {
    const { onSync } = state;
    if (onSync !== undefined) {
      onSync();
      throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    }
    const file = openSync(path, 'r');
    fdatasyncSync(file);
    closeSync(file);
  };
  return { state, syncFile };
}

for (const [waiting, concurrency] of [
  ['on its way at once', undefined],
  ['waiting in the store', 0],
] as const) {
  test(`a mail whose sync fails is refused and goes out never, sent again it goes out once: ${waiting}`, async () => {
    await using directory = await temporaryDirectory();
    const smarthost = await startSmarthost();
    const { state, syncFile } = disk();
    const settings = {
      publicUrl: 'https://track.example.org',
      smarthostUrl: smarthost.url,
      returnPaths: {
        ...NO_RETURN_PATHS,
        verpDomain: 'bounces.example.org',
        verpSenderDomains: ['example.org'],
      },
    };
    try {
      const first = await startTestRelay(directory.path, {
        settings,
        syncFile,
        tuning: concurrency === undefined ? {} : { concurrency },
      });
      assert.match(await submit(first, mail('before'), { to: TO }), /^250/);
      if (concurrency !== 0)
        await eventually('the first mail is out', async () => smarthost.mails.length === 2);
      await eventually('and that is stored', async () => {
        const { contents } = await counts(first);
        return contents === (concurrency === 0 ? 1 : 0);
      });
      const before = await counts(first);
      state.onSync = () => {};
      assert.match(await submit(first, mail('refused'), { to: TO }), /^451 4\.3\.0/);
      assert.deepEqual(await counts(first), before);
      state.onSync = undefined;
      await first.close();

      const second = await startTestRelay(directory.path, { settings });
      assert.match(await submit(second, mail('refused'), { to: TO }), /^250/);
      await eventually('all that was accepted is out', async () => smarthost.mails.length >= 4);
      await eventually('and nothing is left', async () => (await counts(second)).contents === 0);
      await second.close();
      const subjects = smarthost.mails.map(({ raw }) => /^Subject: (.*?)\r?$/m.exec(raw)?.[1]);
      assert.deepEqual(subjects.toSorted(), ['before', 'before', 'refused', 'refused']);
    } finally {
      await smarthost.close();
    }
  });
}

test('a mail that cannot be taken back at once is taken back when the database lets us', async () => {
  await using directory = await temporaryDirectory();
  const { state, syncFile } = disk();
  const settings = { publicUrl: 'https://track.example.org', smarthostUrl: 'smtp://127.0.0.1:9' };
  const relay = await startTestRelay(directory.path, { settings, syncFile, tuning: { concurrency: 0 } });
  try {
    const other = new DatabaseSync(join(directory.path, 'waybill.db'));
    state.onSync = () => {
      state.onSync = undefined;
      other.exec('begin immediate');
    };
    assert.match(await submit(relay, mail('refused'), { to: TO }), /^451 4\.3\.0/);
    assert.equal((await counts(relay)).queue, 2);
    other.exec('rollback');
    other.close();
    await eventually('it is gone', async () => (await counts(relay)).queue === 0);
  } finally {
    await relay.close();
  }
});
