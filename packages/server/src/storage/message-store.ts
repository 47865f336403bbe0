import { setTimeout as sleep } from 'node:timers/promises';
import type { Reason } from '@waybill/sdk';
import type { Kysely } from 'kysely';
import { AppError } from '../kernel/errors.ts';
import { Groups } from '../kernel/groups.ts';
import { newRowId, type MessageId, type WorkspaceId } from '../kernel/ids.ts';
import {
  firstVerdict,
  type HandedOver,
  type MailDelivery,
  type MessageStore,
  type NewMail,
} from '../messages/messages.ts';
import { chunks } from './chunks.ts';
import type { Engine } from './engine.ts';
import { readHandedOver } from './handed-over.ts';
import { nextPositions } from './positions.ts';
import { newQueueRow } from './queue-rows.ts';
import type { Database } from './schema.ts';
import { takingBack } from './taking-back.ts';
import { insertion, POSITION_BACK, reservePositions, transact, type Statement } from './statements.ts';

/** Mails of one transaction: enough to share its fsync, few enough to hold others up for a moment only. */
const MAILS_PER_COMMIT = 50;
/** A mail that was refused is taken back as soon as the disk lets us: for an hour. */
const TAKE_BACK_PAUSE_MS = 1_000;
const TAKE_BACK_ATTEMPTS = 3_600;

export class KyselyMessageStore implements MessageStore {
  readonly #engine: Engine;
  /** Mails that come while a transaction is under way share the next one. */
  readonly #accepting = new Groups<NewMail, void>((mails) => this.#accept(mails), MAILS_PER_COMMIT);

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The next transaction does not wait for the disk to have this one. */
  async accept(mail: NewMail): Promise<void> {
    await this.#accepting.call(mail);
    try {
      await this.#engine.flush();
    } catch (error) {
      await this.#takeBack(mail);
      throw error;
    }
  }

  /** Whoever is refused will send it again, so it must not go out: not now, and not at the next start. */
  async #takeBack(mail: NewMail): Promise<void> {
    try {
      await transact(this.#engine.db, takingBack(mail));
      await this.#engine.flush();
    } catch {
      // The same disk; the one who waits is refused meanwhile.
      void this.#takeBackLater(mail);
    }
  }

  async #takeBackLater(mail: NewMail): Promise<void> {
    for (let attempt = 1; attempt <= TAKE_BACK_ATTEMPTS; attempt++) {
      await sleep(TAKE_BACK_PAUSE_MS, undefined, { ref: false });
      const taken = await transact(this.#engine.db, takingBack(mail))
        .then(() => this.#engine.flush())
        .then(
          () => true,
          () => false,
        );
      if (taken) return;
    }
  }

  async #accept(mails: readonly NewMail[]): Promise<void> {
    try {
      await transact(this.#engine.db, acceptStatements(mails), 'process');
    } catch (error) {
      const [mail] = mails;
      // Of several each one comes again, alone.
      if (mails.length !== 1 || mail === undefined) throw error;
      const there = await this.#deliveriesOf(mail.messageId).catch((): string[] => []);
      if (there.length === 0) throw error;
      if (!mail.deliveries.every(({ id }) => there.includes(id))) {
        throw new AppError('conflict', 'This message was accepted already.', { cause: error });
      }
      // The commit had taken place, and only the word of it was lost: whoever is refused now would send it again.
    }
  }

  async #deliveriesOf(id: MessageId): Promise<string[]> {
    const rows = await this.#engine.db
      .selectFrom('deliveries')
      .select('id')
      .where('message_id', '=', id)
      .execute();
    return rows.map((row) => row.id);
  }

  handedOver(workspaceId: WorkspaceId, messageId: MessageId): Promise<HandedOver | undefined> {
    return readHandedOver(this.#engine.db, workspaceId, messageId);
  }

  async markSent(workspaceId: WorkspaceId, messageId: MessageId, at: number): Promise<number | undefined> {
    return this.#engine.db.transaction().execute(async (tx) => {
      const message = await tx
        .selectFrom('messages')
        .select(['sent_at', 'source'])
        .where('id', '=', messageId)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst();
      if (message === undefined) return undefined;
      if (message.source !== 'snippet') {
        throw new AppError('conflict', 'Waybill sends this message itself and sees when it is out.');
      }
      if (message.sent_at !== null) return message.sent_at;
      const { numUpdatedRows } = await tx
        .updateTable('messages')
        .set({ sent_at: at })
        .where('id', '=', messageId)
        .where('sent_at', 'is', null)
        .executeTakeFirst();
      // Another call came first; on PostgreSQL the update has waited for its end.
      if (numUpdatedRows === 0n) return sentAt(tx, messageId);
      const deliveries = await tx
        .updateTable('deliveries')
        .set(({ eb }) => ({
          sent_at: at,
          settle_at: at,
          settles_plainly: 0,
          transport: 'sent',
          version: eb('version', '+', 1),
          past: null,
        }))
        .where('message_id', '=', messageId)
        .returning('id')
        .execute();
      const first = await nextPositions(tx, deliveries.length);
      const events = deliveries.map(({ id }, index) => ({
        ...bareEvent({
          workspaceId,
          messageId,
          deliveryId: id,
          type: 'relayed',
          at,
          position: first + index,
        }),
        reasons: JSON.stringify([HANDED_OVER]),
      }));
      for (const part of chunks(events)) await tx.insertInto('events').values(part).execute();
      return at;
    });
  }
}

async function sentAt(tx: Kysely<Database>, messageId: MessageId): Promise<number | undefined> {
  const row = await tx
    .selectFrom('messages')
    .select('sent_at')
    .where('id', '=', messageId)
    .executeTakeFirst();
  return row?.sent_at ?? undefined;
}

const HANDED_OVER: Reason = {
  code: 'handed-over',
  text: 'You said that you sent it with your own mail program.',
};

function acceptStatements(mails: readonly NewMail[]): Statement[] {
  const deliveries = mails.flatMap((mail) => mail.deliveries.map((delivery) => ({ mail, delivery })));
  const last = deliveries.length - 1;
  return [
    insertion('messages', mails.map(messageRow)),
    reservePositions(deliveries.length),
    insertion(
      'deliveries',
      deliveries.map(({ mail, delivery }) => deliveryRow(mail, delivery)),
    ),
    insertion(
      'events',
      deliveries.map(({ mail, delivery }, index) => acceptedEvent(mail, delivery, last - index)),
      { expressions: { position: POSITION_BACK } },
    ),
    insertion('message_links', mails.flatMap(linkRows)),
    insertion('contents', mails.flatMap(contentRows)),
    insertion('queue', mails.flatMap(queueRows)),
    insertion('sent_copies', mails.flatMap(sentCopyRows)),
    insertion('return_paths', mails.flatMap(returnPathRows)),
    insertion('shared_addresses', mails.flatMap(listRows), { onConflict: 'workspace_id, address' }),
  ];
}

/** Only of addresses that the mail goes to. */
function listRows({ workspaceId, deliveries, lists = [], createdAt }: NewMail) {
  const recipients = new Set(deliveries.map(({ recipient }) => recipient.toLowerCase()));
  return lists
    .filter((address) => recipients.has(address))
    .map((address) => ({
      workspace_id: workspaceId,
      address,
      because: 'list-fields',
      seen_at: createdAt,
    }));
}

function messageRow(mail: NewMail) {
  return {
    id: mail.messageId,
    workspace_id: mail.workspaceId,
    from_address: mail.from,
    subject: mail.subject,
    to_json: JSON.stringify(mail.to),
    cc_json: JSON.stringify(mail.cc),
    message_id_header: mail.messageIdHeader,
    mode: mail.mode,
    source: mail.source,
    size_bytes: mail.sizeBytes,
    created_at: mail.createdAt,
    sent_at: mail.sentAt,
    links_left: mail.linksLeft === undefined ? null : JSON.stringify(mail.linksLeft),
  };
}

function linkRows({ messageId, workspaceId, links }: NewMail) {
  if (links.length === 0) return [];
  const sorted = links.toSorted((a, b) => a.index - b.index).map(({ index, url }) => [index, url]);
  return [
    {
      message_id: messageId,
      workspace_id: workspaceId,
      link_count: links.length,
      links: JSON.stringify(sorted),
    },
  ];
}

function deliveryRow(mail: NewMail, delivery: MailDelivery) {
  const { verdict, settleAt } = firstVerdict(mail, delivery, mail.createdAt);
  return {
    id: delivery.id,
    workspace_id: mail.workspaceId,
    message_id: mail.messageId,
    tracking_number: delivery.trackingNumber,
    recipient: delivery.recipient,
    pixel_url: delivery.pixelUrl,
    untouched_code: delivery.untouched?.code ?? null,
    untouched_text: delivery.untouched?.text ?? null,
    transport: 'queued',
    verdict_state: verdict.state,
    verdict_confidence: verdict.confidence,
    verdict_reasons: JSON.stringify(verdict.reasons),
    verdict_settled: verdict.settled ? 1 : 0,
    settle_at: settleAt,
    created_at: mail.createdAt,
    sent_at: mail.sentAt,
  };
}

function acceptedEvent(mail: NewMail, delivery: MailDelivery, position: number) {
  const { workspaceId, messageId, createdAt: at } = mail;
  const event = bareEvent({
    workspaceId,
    messageId,
    deliveryId: delivery.id,
    type: 'accepted',
    at,
    position,
  });
  return {
    ...event,
    // Of new mails these stand together in their index; the deliveries' ids, which are random, would not.
    source: `accepted:${event.id}`,
    reasons: delivery.untouched === null ? null : JSON.stringify([delivery.untouched]),
  };
}

/** An event about the mail itself, which can happen to a delivery once. Columns that are null are left out. */
function bareEvent(event: {
  workspaceId: number;
  messageId: string;
  deliveryId: string;
  type: 'accepted' | 'relayed';
  at: number;
  position: number;
}) {
  return {
    id: newRowId(),
    workspace_id: event.workspaceId,
    delivery_id: event.deliveryId,
    message_id: event.messageId,
    position: event.position,
    at: event.at,
    type: event.type,
    source: `${event.type}:${event.deliveryId}`,
    rules_version: 0,
  };
}

function contentRows({ content, workspaceId, createdAt }: NewMail) {
  if (content === undefined) return [];
  const { id, raw } = content;
  return [{ id, workspace_id: workspaceId, raw, size_bytes: raw.length, created_at: createdAt }];
}

function returnPathRows({ workspaceId, messageId, createdAt, returnPaths = [] }: NewMail) {
  return returnPaths.map(({ deliveryId, envelopeFrom, envelopeId, notify }) => ({
    delivery_id: deliveryId,
    workspace_id: workspaceId,
    message_id: messageId,
    envelope_from: envelopeFrom,
    envelope_id: envelopeId,
    notify,
    created_at: createdAt,
  }));
}

function queueRows(mail: NewMail) {
  return (mail.queue ?? []).map((entry) =>
    newQueueRow({
      ...entry,
      workspaceId: mail.workspaceId,
      messageId: mail.messageId,
      sizeBytes: mail.content?.raw.length ?? 0,
      createdAt: mail.createdAt,
    }),
  );
}

function sentCopyRows({ sentCopy, workspaceId, messageId, createdAt }: NewMail) {
  if (sentCopy === undefined) return [];
  const { id, accountId, messageIdHeader, raw, dueAt } = sentCopy;
  return [
    {
      id,
      workspace_id: workspaceId,
      message_id: messageId,
      account_id: accountId,
      message_id_header: messageIdHeader,
      raw,
      state: 'waiting',
      attempts: 0,
      due_at: dueAt,
      last_error: null,
      accepted_at: createdAt,
      ended_at: null,
    },
  ];
}
