import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CreatedMessage, CreateMessage } from '@waybill/sdk';
import { AppError } from '../../src/kernel/errors.ts';
import { newMessageId, newWorkspaceId, type MessageId, type WorkspaceId } from '../../src/kernel/ids.ts';
import { allLinkReasons } from '../../src/relay/instrument/link-reasons.ts';
import { StatsStore } from '../../src/storage/stats-store.ts';
import { readTrackedUrl } from '../../src/tracking/tracking.ts';
import { KEYRING, startTestRelay, submit, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const MESSAGE: CreateMessage = {
  from: 'Sam <sam@example.org>',
  to: ['Ann <ann@example.net>'],
  bcc: ['carol@example.net'],
  subject: 'Offer',
  html: '<p>See <a href="https://example.org/a?x=1&amp;y=2">this</a> and <a href="mailto:a@b.c">that</a>.</p>',
  send: true,
};

const MAILTO_LEFT = [{ url: 'mailto:a@b.c', reason: { code: 'mailto', text: 'The link writes a mail.' } }];
const MAILTO_STORED = [MAILTO_LEFT, MAILTO_LEFT.map(({ reason }) => ({ reason, count: 1 }))];
const linkReason = (code: string) => allLinkReasons().find((reason) => reason.code === code);

describe('mails given over HTTP', () => {
  let directory: TemporaryDirectory;
  let it: TestRelay;
  before(async () => {
    directory = await temporaryDirectory();
    it = await startTestRelay(directory.path);
  });
  after(async () => {
    await it.close();
    await directory[Symbol.asyncDispose]();
  });
  const create = (changes: Partial<CreateMessage> = {}) =>
    it.relay.messages.create(it.workspaceId, { ...MESSAGE, ...changes });

  const storedLinksLeft = async (id: string) => {
    const message = await new StatsStore(it.engine.db, () => '').message(it.workspaceId, id);
    return [message?.untouchedLinks, message?.untouchedLinkCounts];
  };

  test('sent: each recipient has a number and a pixel, and the secret one is in no header', async () => {
    const { id, deliveries, untouchedLinks } = await create();
    assert.deepEqual(untouchedLinks, MAILTO_LEFT);
    assert.deepEqual(await storedLinksLeft(id), MAILTO_STORED);
    assert.deepEqual(
      deliveries.map(({ recipient }) => recipient),
      ['ann@example.net', 'carol@example.net'],
    );
    for (const { trackingNumber, pixelUrl, verdict, html } of deliveries) {
      assert.match(trackingNumber, /^WB-/);
      assert.equal(readTrackedUrl(KEYRING, pixelUrl ?? '')?.kind, 'pixel');
      assert.equal(verdict.state, 'queued');
      assert.equal(html, undefined);
    }
    const copies = await eventually('both are captured', async () => {
      const rows = await it.engine.db.selectFrom('captured').selectAll().execute();
      return rows.length === 2 && rows;
    });
    for (const { raw } of copies) assert.doesNotMatch(Buffer.from(raw).toString(), /carol@/);
    const message = await it.engine.db
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    assert.equal(message.source, 'api');
    assert.match(message.message_id_header ?? '', /^<[0-9a-f]{32}@example\.org>$/);
  });

  test('instrumented only: HTML to paste for each recipient, nothing is queued, and the links are known', async () => {
    const queued = await it.engine.db.selectFrom('queue').select('id').execute();
    const { id, deliveries, untouchedLinks } = await create({ send: false });
    assert.deepEqual(untouchedLinks, MAILTO_LEFT);
    assert.deepEqual(await storedLinksLeft(id), MAILTO_STORED);
    assert.equal((await it.engine.db.selectFrom('queue').select('id').execute()).length, queued.length);
    const [ann, carol] = deliveries;
    assert.ok(ann?.pixelUrl && carol?.pixelUrl && ann.pixelUrl !== carol.pixelUrl);
    assert.ok(ann.html?.includes(ann.pixelUrl));
    assert.match(ann.html ?? '', /href="mailto:a@b\.c"/);
    const { links, link_count } = await it.engine.db
      .selectFrom('message_links')
      .selectAll()
      .where('message_id', '=', id)
      .executeTakeFirstOrThrow();
    assert.deepEqual([link_count, JSON.parse(links)], [1, [[1, 'https://example.org/a?x=1&y=2']]]);
    assert.equal(await it.relay.messages.markSent(it.workspaceId, newMessageId(), 5), undefined);
    assert.equal(await it.relay.messages.markSent(it.workspaceId, id as never, 5_000), 5_000);
    assert.equal(await it.relay.messages.markSent(it.workspaceId, id as never, 6_000), 5_000);
  });

  test('what only the mail itself was kept of is answered once more, to the byte', async () => {
    for (const message of [MESSAGE, { ...MESSAGE, policy: { mode: 'off' as const } }]) {
      const created = await create({ ...message, send: false });
      const repeatedIn = (workspaceId: WorkspaceId) =>
        it.relay.messages.createdBefore(workspaceId, { ...message, send: false }, created.id as MessageId);
      const again = await repeatedIn(it.workspaceId);
      const inOrder = ({ deliveries }: CreatedMessage) =>
        deliveries.toSorted((a, b) => (a.recipient < b.recipient ? -1 : 1));
      assert.deepEqual(again && inOrder(again), inOrder(created));
      assert.deepEqual(again?.untouchedLinks, created.untouchedLinks);
      assert.equal(await repeatedIn(newWorkspaceId()), undefined);
    }
    const sent = await create({ send: true });
    const ofSent = { ...MESSAGE, send: true };
    assert.equal(
      await it.relay.messages.createdBefore(it.workspaceId, ofSent, sent.id as MessageId),
      undefined,
    );
  });

  test('without HTML, or with tracking off, there is no pixel and the reason is said', async () => {
    const { html: _html, ...plain } = MESSAGE;
    for (const message of [
      { ...plain, text: 'only text' },
      { ...MESSAGE, policy: { mode: 'off' as const } },
    ]) {
      for (const send of [true, false]) {
        const { deliveries, untouchedLinks } = await it.relay.messages.create(it.workspaceId, {
          ...message,
          send,
        });
        assert.equal(deliveries[0]?.pixelUrl, null);
        assert.ok(deliveries[0]?.untouchedBecause);
        assert.equal(untouchedLinks, undefined);
      }
    }
  });

  test('a repeated id is a conflict and changes nothing', async () => {
    const id = newMessageId();
    await it.relay.messages.create(it.workspaceId, MESSAGE, id);
    const count = async () => (await it.engine.db.selectFrom('deliveries').select('id').execute()).length;
    const earlier = await count();
    await assert.rejects(
      it.relay.messages.create(it.workspaceId, MESSAGE, id),
      (error) => error instanceof AppError && error.code === 'conflict',
    );
    assert.equal(await count(), earlier);
  });

  test('a workspace that is not there cannot send', async () => {
    await assert.rejects(
      it.relay.messages.create(999 as WorkspaceId, MESSAGE),
      (error) => error instanceof AppError && error.code === 'forbidden',
    );
  });

  test('a preview shows what would happen and stores nothing', async () => {
    const count = async () => (await it.engine.db.selectFrom('messages').select('id').execute()).length;
    const earlier = await count();
    const preview = await it.relay.messages.preview(it.workspaceId, { ...MESSAGE, to: [] });
    assert.equal(preview.html, MESSAGE.html);
    assert.deepEqual(preview.links, ['https://example.org/a?x=1&y=2']);
    assert.equal(preview.untouchedBecause, undefined);
    const off = await it.relay.messages.preview(it.workspaceId, { ...MESSAGE, policy: { mode: 'off' } });
    assert.ok(off.untouchedBecause);
    assert.deepEqual([preview.untouchedLinks, off.untouchedLinks], [MAILTO_LEFT, []]);
    assert.deepEqual(off.links, []);
    assert.equal(await count(), earlier);
  });

  test('by SMTP: why links stay is kept with the mail, without what would work for whoever has it', async () => {
    const html = [
      '<p>Hello <a href="https://www.example.org/">there</a> <a href="#top">up</a>',
      '<a data-waybill="off" href="https://www.example.org/sign-in?once=secret">sign in</a>',
      '<a href="mailto:a@b.c">write</a> <a href="mailto:d@e.f">write</a></p>',
    ].join('\r\n');
    const reply = await submit(it, `From: sam@example.org\r\nContent-Type: text/html\r\n\r\n${html}\r\n`);
    assert.match(reply, /^250/);
    const { id } = await it.engine.db
      .selectFrom('messages')
      .select('id')
      .where('source', '=', 'submission')
      .executeTakeFirstOrThrow();
    assert.deepEqual(await storedLinksLeft(id), [
      [
        { url: '#top', reason: linkReason('in-page') },
        { url: 'https://www.example.org/…', reason: linkReason('marked') },
        { url: 'mailto:a@b.c', reason: linkReason('mailto') },
        { url: 'mailto:d@e.f', reason: linkReason('mailto') },
      ],
      [
        { reason: linkReason('in-page'), count: 1 },
        { reason: linkReason('marked'), count: 1 },
        { reason: linkReason('mailto'), count: 2 },
      ],
    ]);
  });
});
