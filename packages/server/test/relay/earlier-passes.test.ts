import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { KyselyEarlierPasses } from '../../src/storage/earlier-passes.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { readTrackedUrl } from '../../src/tracking/tracking.ts';
import { freshDatabases } from '../support/both-engines.ts';
import { KEYRING, startTestRelay, submit, timelines, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { startSmarthost, type TestSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { copiesFor, trackedMail } from '../support/tracked-mail.ts';

const PUBLIC_URL = 'https://track.example.org';
const DAY_MS = 86_400_000;
const MAIL =
  'From: sender@example.org\r\nTo: ann@example.net\r\nMessage-ID: <m1@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nContent-Type: text/html\r\n\r\n<p>See <a href="https://example.org/x">this</a></p>\r\n';

/** The relay, and the server behind it, which sends mail through the relay once more. */
async function withServerBehind(
  run: (around: {
    relay: TestRelay;
    /** Submits a mail. @returns it as the server behind got it */
    pass: (raw: string) => Promise<string>;
    setNow: (ms: number) => void;
  }) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const smarthost: TestSmarthost = await startSmarthost();
  let aheadMs = 0;
  const relay = await startTestRelay(directory.path, {
    settings: { publicUrl: PUBLIC_URL, smarthostUrl: smarthost.url },
    clock: () => Date.now() + aheadMs,
  });
  const pass = async (raw: string): Promise<string> => {
    const before = smarthost.mails.length;
    assert.match(await submit(relay, raw), /^250/);
    await eventually('the mail is out', async () => smarthost.mails.length > before);
    return smarthost.mails.at(-1)?.raw ?? '';
  };
  try {
    await run({ relay, pass, setNow: (ms) => (aheadMs = ms) });
  } finally {
    await relay.close();
    await smarthost.close();
  }
}

/** As a mail server hands it on. */
const handedOn = (raw: string): string =>
  `Received: from a by b.example.org; Mon, 23 Nov 2026 12:00:01 +0000\r\n${raw}`;

const modeOf = (raw: string): string | undefined => {
  const pixel = /https:\/\/track\.example\.org\/o\/[\w-]+\.gif/.exec(raw)?.[0];
  return pixel === undefined ? undefined : readTrackedUrl(KEYRING, pixel)?.claims.mode;
};

test('a mail that switches tracking off is not tracked when it comes by a second time, without the field', () =>
  withServerBehind(async ({ relay, pass }) => {
    const once = await pass(`X-Waybill: off\r\n${MAIL}`);
    assert.equal(once, MAIL);
    const twice = await pass(handedOn(once));
    assert.equal(twice, handedOn(MAIL));
    const codes = (await timelines(relay.engine)).map(({ events }) => events[0]?.codes);
    assert.deepEqual(codes, [['tracking-off'], ['tracking-off']]);
    assert.equal(await pass(handedOn(twice)), handedOn(handedOn(MAIL)), 'nor a third time');
  }));

test('a mode that the mail asked for holds for the second time as well; another mail is tracked as ever', () =>
  withServerBehind(async ({ pass }) => {
    for (const mode of ['day', 'aggregate']) {
      const mail = MAIL.replace('m1@', `${mode}@`);
      const once = await pass(`X-Waybill-Mode: ${mode}\r\n${mail}`);
      assert.equal(modeOf(once), mode);
      assert.equal(modeOf(await pass(handedOn(once))), mode);
    }
    assert.equal(modeOf(await pass(MAIL)), 'full');
  }));

test('the author has the last word, and what was days ago says nothing of a mail that is sent again', () =>
  withServerBehind(async ({ pass, setNow }) => {
    await pass(`X-Waybill: off\r\n${MAIL}`);
    assert.equal(modeOf(await pass(`X-Waybill-Mode: day\r\n${MAIL}`)), 'day');
    setNow(6 * DAY_MS);
    assert.equal(modeOf(await pass(MAIL)), 'full');
  }));

for (const { name, skip, open } of await freshDatabases()) {
  test(
    `${name}: earlier modes are found by workspace, Message-ID and time, but for full`,
    { skip },
    async () => {
      const engine = await open();
      try {
        const [ours, theirs] = [1, 2] as [WorkspaceId, WorkspaceId];
        const store = new KyselyMessageStore(engine);
        const mail = (
          workspaceId: WorkspaceId,
          id: string,
          mode: 'full' | 'day' | 'off',
          createdAt: number,
        ) =>
          store.accept(
            trackedMail({
              workspaceId,
              createdAt,
              mode,
              messageIdHeader: `<${id}@example.org>`,
              deliveries: copiesFor(['b@example.net']),
            }),
          );
        await mail(ours, 'off', 'off', 2_000);
        await mail(ours, 'off', 'day', 2_000);
        await mail(ours, 'old', 'off', 999);
        await mail(ours, 'full', 'full', 2_000);
        await mail(theirs, 'theirs', 'off', 2_000);
        // A program that gives all its mails one id.
        for (let n = 0; n < 30; n++) await mail(ours, 'always', 'off', 2_000);
        const ids = ['always', 'off', 'old', 'full', 'theirs', 'never'].map((id) => `<${id}@example.org>`);
        const found = await new KyselyEarlierPasses(engine).modesSince(ours, ids, 1_000);
        assert.deepEqual(found.map(({ messageIdHeader, mode }) => `${messageIdHeader} ${mode}`).toSorted(), [
          '<off@example.org> day',
          '<off@example.org> off',
        ]);
        assert.deepEqual(await new KyselyEarlierPasses(engine).modesSince(ours, [], 0), []);
      } finally {
        await engine.db.destroy();
      }
    },
  );
}
