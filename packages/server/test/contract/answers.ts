import assert from 'node:assert/strict';
import { test } from 'node:test';
import { returnAddress } from '../../src/tracking/tracking.ts';
import { insertFirstOpenRule } from '../support/home-reader.ts';
import { loggedHit } from '../support/tracked-mail.ts';
import type { TimelineContract } from './timeline-bench.ts';
import {
  START,
  WORKSPACE,
  KEYRING,
  MESSAGE_ID,
  BEN,
  openReports,
  verdictOf,
  dsn,
  mdn,
  complaint,
  answer,
} from './report-bench.ts';

/** What receipts, answers and complaints do to the timelines on every engine. */
export function testAnswers(name: string, { engine: open, skip }: TimelineContract): void {
  test(
    `${name}: a receipt and an opening are one truth, and a receipt by itself is weak`,
    { skip },
    async (t) => {
      const { engine, timeline, take, ben, cleo } = await openReports(t, open);
      await insertFirstOpenRule(engine, WORKSPACE, START);
      await take(mdn('automatic-action/MDN-sent-automatically; displayed'));
      const weak = await verdictOf(engine, ben.id);
      assert.deepEqual([weak.state, weak.codes], ['probably-read', ['receipt', 'receipt-automatic']]);
      assert.ok(weak.confidence < 0.6);
      await take(mdn('manual-action/MDN-sent-manually; displayed'));
      const sure = await verdictOf(engine, ben.id);
      assert.deepEqual([sure.state, sure.confidence], ['probably-read', 0.85]);
      await timeline.recordHits([
        loggedHit({ seq: 1, at: START + 1_800_000, workspaceId: WORKSPACE, subject: ben.id }),
      ]);
      const both = await verdictOf(engine, ben.id);
      assert.equal(both.state, 'read');
      assert.ok(both.confidence > sure.confidence);
      assert.ok(both.codes.includes('receipt-too'));
      await take(mdn('manual-action/MDN-sent-manually; deleted', 'cleo@reader.example'));
      await take(mdn('manual-action/MDN-sent-manually; denied', 'cleo@reader.example'));
      assert.equal((await verdictOf(engine, cleo.id)).state, 'sent');
      // The sender hears of the first sign once.
      const outbox = await engine.db.selectFrom('outbox').selectAll().execute();
      assert.equal(outbox.length, 1);
    },
  );

  test(`${name}: a person’s answer, a program’s answer and a complaint`, { skip }, async (t) => {
    const { engine, take, ben, cleo } = await openReports(t, open);
    await take(answer(BEN, ['Auto-Submitted: auto-replied', `In-Reply-To: ${MESSAGE_ID}`]));
    const auto = await verdictOf(engine, ben.id);
    assert.deepEqual([auto.state, auto.types.at(-1)], ['sent', 'auto-replied']);
    // A later mail of the thread is answered; ours is known by the references.
    await take(answer(BEN, ['In-Reply-To: <later@x>', `References: ${MESSAGE_ID} <later@x>`]));
    const replied = await verdictOf(engine, ben.id);
    assert.deepEqual([replied.state, replied.types.at(-1)], ['replied', 'replied']);
    // The author writes on in the thread; that is nobody's answer.
    await take(answer('ada@sender.example', [`In-Reply-To: ${MESSAGE_ID}`]));
    await take(answer('somebody@else.example', [`In-Reply-To: ${MESSAGE_ID}`]));
    assert.equal((await verdictOf(engine, cleo.id)).state, 'sent');
    await take(complaint('cleo@reader.example'));
    const complained = await verdictOf(engine, cleo.id);
    assert.deepEqual([complained.state, complained.types.at(-1)], ['probably-read', 'complained']);
  });

  test(
    `${name}: ids are the same however they are written; one without a domain needs the recipient, too`,
    { skip },
    async (t) => {
      const { engine, take, ben } = await openReports(t, open);
      const bare = MESSAGE_ID.slice(1, -1);
      const found = async (raw: Buffer) => (await take(raw)).matched.length;
      assert.equal(await found(answer(BEN, ['Auto-Submitted: auto-replied', `In-Reply-To: ${bare}`])), 1);
      assert.equal(await found(answer(BEN, ['In-Reply-To: <later@x>', `References: ${bare} later@x`])), 1);
      await engine.db.updateTable('messages').set({ message_id_header: '<0022>' }).execute();
      assert.equal(await found(answer('somebody@else.example', ['In-Reply-To: <0022>'])), 0);
      assert.equal(await found(answer(BEN, ['In-Reply-To: 0022'])), 1);
      assert.equal(await found(answer(BEN, ['In-Reply-To: your mail'])), 0);
      assert.equal((await verdictOf(engine, ben.id)).state, 'replied');
      assert.equal(await found(dsn('failed', '5.1.1', { id: '0022' })), 1);
    },
  );

  test(
    `${name}: an opening before the answer was known is judged again in its light`,
    { skip },
    async (t) => {
      const { engine, timeline, take, ben } = await openReports(t, open);
      await timeline.recordHits([
        loggedHit({ seq: 1, at: START + 1_800_000, workspaceId: WORKSPACE, subject: ben.id }),
      ]);
      assert.equal((await verdictOf(engine, ben.id)).state, 'read');
      await take(answer(BEN, [`In-Reply-To: ${MESSAGE_ID}`]));
      const now = await verdictOf(engine, ben.id);
      assert.equal(now.state, 'replied');
      const opened = now.events.find(({ type }) => type === 'opened');
      assert.match(opened?.reasons ?? '', /maybe-quoted-copy/);
      assert.ok((opened?.confidence ?? 1) <= 0.6);
    },
  );

  test(
    `${name}: an answer from another address counts less, one from the author’s house not`,
    { skip },
    async (t) => {
      const { engine, take, ben } = await openReports(t, open);
      const sentTo = returnAddress(KEYRING, 'b.sender.example', { workspaceId: WORKSPACE, subject: ben.id });
      await take(answer('bob@sender.example', [`In-Reply-To: ${MESSAGE_ID}`]), { sentTo });
      assert.equal((await verdictOf(engine, ben.id)).state, 'sent');
      await take(answer('ben@home.example', [`In-Reply-To: ${MESSAGE_ID}`]), { sentTo });
      const now = await verdictOf(engine, ben.id);
      assert.deepEqual([now.state, now.confidence], ['replied', 0.75]);
      assert.ok(now.codes.includes('reply-from-elsewhere'));
    },
  );

  test(
    `${name}: privacy modes and objections keep their promises for receipts and answers`,
    { skip },
    async (t) => {
      const day = await openReports(t, open, { mode: 'day' });
      await day.take(mdn('manual-action/MDN-sent-manually; displayed'));
      await day.take(answer(BEN, ['Auto-Submitted: auto-replied', `In-Reply-To: ${MESSAGE_ID}`]));
      const event = (await verdictOf(day.engine, day.ben.id)).events.at(-1);
      assert.equal(event?.type, 'receipt');
      assert.deepEqual([event?.at, event?.actor, event?.reasons], [START - (START % 86_400_000), null, '[]']);
      await day.take(mdn('manual-action/MDN-sent-manually; displayed', BEN, 'again'), {
        receivedAt: START + 3 * 86_400_000,
      });
      const moved = (await verdictOf(day.engine, day.ben.id)).events.filter(({ type }) => type === 'receipt');
      assert.deepEqual(
        moved.map(({ at }) => at),
        [START - (START % 86_400_000) + 3 * 86_400_000],
      );
      const kept = await day.engine.db.selectFrom('reports').selectAll().execute();
      assert.ok(kept.every(({ matched, parsed }) => matched === '[]' && !parsed.includes('reader')));

      for (const mode of ['aggregate', 'off'] as const) {
        const { engine, take, ben } = await openReports(t, open, { mode });
        await take(mdn('manual-action/MDN-sent-manually; displayed'));
        await take(answer(BEN, [`In-Reply-To: ${MESSAGE_ID}`]));
        assert.deepEqual((await verdictOf(engine, ben.id)).types, ['accepted', 'relayed']);
        await take(dsn('failed', '5.1.1'));
        assert.equal((await verdictOf(engine, ben.id)).state, 'bounced');
      }

      const { engine, timeline, take, ben } = await openReports(t, open);
      await timeline.recordTransport({
        deliveryId: ben.id,
        at: START + 1,
        type: 'objected',
        reasons: [],
        source: 'privacy:1',
      });
      await take(mdn('manual-action/MDN-sent-manually; displayed'));
      assert.deepEqual((await verdictOf(engine, ben.id)).types, ['accepted', 'relayed', 'objected']);
    },
  );
}
