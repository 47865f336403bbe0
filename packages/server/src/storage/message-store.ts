import type { Transaction } from 'kysely';
import type { Reason } from '@waybill/sdk';
import { AppError } from '../kernel/errors.ts';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { MailDelivery, MessageStore, NewMail } from '../messages/messages.ts';
import { chunks } from './chunks.ts';
import type { Engine } from './engine.ts';
import { nextPositions } from './positions.ts';
import type { Database } from './schema.ts';

export class KyselyMessageStore implements MessageStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async accept(mail: NewMail): Promise<void> {
    await this.#engine.db.transaction().execute(async (tx) => {
      await insertMessage(tx, mail);
      const first = await nextPositions(tx, mail.deliveries.length);
      const rows = mail.deliveries.map((delivery) => deliveryRow(mail, delivery));
      for (const part of chunks(rows)) await tx.insertInto('deliveries').values(part).execute();
      const events = mail.deliveries.map((delivery, index) => acceptedEvent(mail, delivery, first + index));
      for (const part of chunks(events)) await tx.insertInto('events').values(part).execute();
      const links = mail.links.map(({ index, url }) => ({
        workspace_id: mail.workspaceId,
        message_id: mail.messageId,
        link_index: index,
        url,
      }));
      for (const part of chunks(links)) await tx.insertInto('links').values(part).execute();
      await insertQueue(tx, mail);
    });
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
      await tx.updateTable('messages').set({ sent_at: at }).where('id', '=', messageId).execute();
      const deliveries = await tx
        .updateTable('deliveries')
        .set({ sent_at: at, settle_at: at, transport: 'sent' })
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

const HANDED_OVER: Reason = {
  code: 'handed-over',
  text: 'You said that you sent it with your own mail program.',
};

async function insertMessage(tx: Transaction<Database>, mail: NewMail): Promise<void> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('messages')
    .values({
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
      last_sign_at: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) throw new AppError('conflict', 'This message was accepted already.');
}

function deliveryRow(mail: NewMail, delivery: MailDelivery) {
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
    verdict_state: 'queued',
    verdict_confidence: 1,
    verdict_reasons: '[]',
    verdict_settled: 1,
    // The one place that words verdicts computes it, in a moment.
    settle_at: mail.createdAt,
    created_at: mail.createdAt,
    sent_at: mail.sentAt,
    last_sign_at: null,
    objected_at: null,
  };
}

function acceptedEvent(mail: NewMail, delivery: MailDelivery, position: number) {
  const { workspaceId, messageId, createdAt: at } = mail;
  return {
    ...bareEvent({ workspaceId, messageId, deliveryId: delivery.id, type: 'accepted', at, position }),
    reasons: delivery.untouched === null ? null : JSON.stringify([delivery.untouched]),
  };
}

/** An event about the mail itself, which can happen to a delivery once. */
function bareEvent(event: {
  workspaceId: number;
  messageId: string;
  deliveryId: string;
  type: 'accepted' | 'relayed';
  at: number;
  position: number;
}) {
  return {
    id: `${event.type}-${event.deliveryId}`,
    workspace_id: event.workspaceId,
    delivery_id: event.deliveryId,
    message_id: event.messageId,
    position: event.position,
    at: event.at,
    type: event.type,
    actor: null,
    confidence: null,
    reasons: null,
    place: null,
    client: null,
    network: null,
    ip: null,
    link: null,
    source: `${event.type}:${event.deliveryId}`,
    rules_version: 0,
  };
}

async function insertQueue(tx: Transaction<Database>, mail: NewMail): Promise<void> {
  if (mail.content !== undefined) {
    await tx
      .insertInto('contents')
      .values({
        id: mail.content.id,
        workspace_id: mail.workspaceId,
        raw: mail.content.raw,
        size_bytes: mail.content.raw.length,
        created_at: mail.createdAt,
      })
      .execute();
  }
  const rows = (mail.queue ?? []).map((entry) => ({
    id: entry.id,
    workspace_id: mail.workspaceId,
    delivery_id: entry.deliveryId,
    message_id: mail.messageId,
    content_id: entry.contentId,
    envelope_from: entry.envelopeFrom,
    envelope_to: entry.envelopeTo,
    envelope_options: entry.envelopeOptions,
    state: 'ready',
    attempts: 0,
    next_attempt_at: mail.createdAt,
    last_error: null,
    created_at: mail.createdAt,
    expires_at: entry.expiresAt,
    finished_at: null,
  }));
  for (const part of chunks(rows)) await tx.insertInto('queue').values(part).execute();
}
