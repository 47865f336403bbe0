import type { CreateMessage, EventType, Mode } from '@waybill/sdk';
import { AppError } from '../../src/kernel/errors.ts';
import {
  newDeliveryId,
  newMessageId,
  newRowId,
  systemRandom,
  type DeliveryId,
  type MessageId,
  type WorkspaceId,
} from '../../src/kernel/ids.ts';
import { newTrackingNumber } from '../../src/messages/messages.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { nextPositions } from '../../src/storage/positions.ts';

/** Lets the next acceptance of a mail wait for this. */
export interface Gate {
  wait: Promise<void> | undefined;
}

export interface SeededDelivery {
  id: DeliveryId;
  messageId: MessageId;
  trackingNumber: string;
  recipient: string;
  /** Path of its recipient's page. */
  page: string;
}

export interface SeededMail {
  subject: string;
  from: string;
  recipients: string[];
  mode: Mode;
  at: number;
  links: string[];
  source: 'api' | 'snippet';
}

export interface SeededEvent {
  type: EventType;
  at: number;
  actor: string;
  ip: string;
  place: object;
  client: object;
  link: string;
}

/** Writes mails to the real store, without relay and instrumentation, which have tests of their own. */
export class TestMails {
  accepted = 0;
  readonly #store: KyselyMessageStore;
  readonly #now: () => number;
  readonly #gate: Gate;
  readonly #changed: () => void;

  constructor(engine: Engine, now: () => number, gate: Gate, changed: () => void) {
    this.#store = new KyselyMessageStore(engine);
    this.#now = now;
    this.#gate = gate;
    this.#changed = changed;
  }

  async create(workspaceId: WorkspaceId, message: CreateMessage, id: MessageId = newMessageId()) {
    await this.#gate.wait;
    const seeded = await this.seed(
      workspaceId,
      {
        subject: message.subject,
        from: message.from,
        recipients: [...message.to, ...(message.cc ?? []), ...(message.bcc ?? [])],
        mode: message.policy?.mode ?? 'full',
        source: message.send ? 'api' : 'snippet',
      },
      id,
    );
    return {
      id,
      deliveries: seeded.map(({ trackingNumber, recipient }) => ({
        trackingNumber,
        recipient,
        pixelUrl: null,
        verdict: { state: 'queued' as const, confidence: 1, reasons: [], settled: true },
      })),
    };
  }

  markSent(workspaceId: WorkspaceId, id: MessageId, at: number) {
    return this.#store.markSent(workspaceId, id, at);
  }

  async createdBefore() {
    return undefined;
  }

  async preview(_workspaceId: WorkspaceId, message: CreateMessage) {
    if (message.html === 'refuse') throw new AppError('invalid-input', 'refused');
    return { html: message.html ?? null, text: message.text ?? null, links: [], untouchedLinks: [] };
  }

  async seed(
    workspaceId: WorkspaceId,
    mail: Partial<SeededMail>,
    messageId: MessageId = newMessageId(),
  ): Promise<SeededDelivery[]> {
    const at = mail.at ?? this.#now();
    const seeded = (mail.recipients ?? ['bob@example.net']).map((recipient) => {
      const id = newDeliveryId();
      return {
        id,
        messageId,
        trackingNumber: newTrackingNumber(systemRandom),
        recipient,
        page: `/r/${pageToken(workspaceId, id)}`,
      };
    });
    await this.#store.accept({
      messageId,
      workspaceId,
      from: mail.from ?? 'Ann <ann@example.org>',
      to: seeded.map(({ recipient }) => recipient),
      cc: [],
      subject: mail.subject ?? 'The offer',
      messageIdHeader: null,
      mode: mail.mode ?? 'full',
      source: mail.source ?? 'api',
      sizeBytes: 100,
      createdAt: at,
      sentAt: null,
      deliveries: seeded.map(({ id, trackingNumber, recipient }) => ({
        id,
        trackingNumber,
        recipient,
        pixelUrl: `http://edge.test/o/${id}.gif`,
        untouched: null,
      })),
      links: (mail.links ?? []).map((url, index) => ({ index: index + 1, url })),
    });
    this.accepted += 1;
    this.#changed();
    return seeded;
  }
}

export async function insertEvent(
  engine: Engine,
  delivery: Pick<SeededDelivery, 'id' | 'messageId'>,
  event: Partial<SeededEvent>,
): Promise<void> {
  await engine.db.transaction().execute(async (tx) => {
    const { workspace_id: workspaceId, mode } = await tx
      .selectFrom('deliveries')
      .innerJoin('messages', 'messages.id', 'deliveries.message_id')
      .select(['deliveries.workspace_id', 'messages.mode'])
      .where('deliveries.id', '=', delivery.id)
      .executeTakeFirstOrThrow();
    const text = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value));
    await tx
      .insertInto('events')
      .values({
        id: newRowId(),
        workspace_id: workspaceId,
        // Counted for all of them together.
        delivery_id: mode === 'aggregate' ? null : delivery.id,
        message_id: delivery.messageId,
        position: await nextPositions(tx, 1),
        at: event.at ?? 0,
        type: event.type ?? 'opened',
        actor: event.actor ?? null,
        confidence: event.actor === undefined ? null : 0.9,
        reasons: null,
        place: text(event.place),
        client: text(event.client),
        network: null,
        ip: event.ip ?? null,
        link: event.link ?? null,
        source: `hit:test:${newRowId()}`,
        rules_version: 1,
      })
      .execute();
  });
}

/** Signed tokens have tests of their own; here a page's address just says what it is for. */
export function pageToken(workspaceId: WorkspaceId, subject: string): string {
  return `${workspaceId}-${subject}`;
}

export function readPageToken(token: string): { workspaceId: WorkspaceId; subject: string } | undefined {
  const match = /^(\d+)-([0-9a-f]{32})$/.exec(token);
  if (match?.[2] === undefined) return undefined;
  return { workspaceId: Number(match[1]) as WorkspaceId, subject: match[2] };
}
