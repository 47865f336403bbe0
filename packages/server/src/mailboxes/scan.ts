import { createHash } from 'node:crypto';
import type { FetchMessageObject, ImapFlow, MailboxObject, MessageStructureObject } from 'imapflow';
import { DAY_MS, type Clock } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { SharedAddresses } from '../messages/messages.ts';
import { firstLook, type FirstLook, type ReportIntake, type ReportKind } from '../reports/reports.ts';
import type { MailboxAccount } from './account.ts';
import type { FolderCursor, MailboxStore } from './ports.ts';
import { stored } from './stored.ts';

/** Headers that are asked for at once. */
const BATCH = 50;
/** Of a message's header this much is looked at, and of a report this much is read: what tells comes first. */
const HEADER_BYTES = 32_768;
const REPORT_BYTES = 1_048_576;
/** How often one message may end a connection before it is left alone. */
const MOST_FAILURES = 3;
const MOST_PARTS = 200;

/** What was seen so far. */
export interface ScanCounts {
  /** Messages whose header was looked at. */
  looked: number;
  /** Messages that could not be read. */
  skipped: number;
  /** Messages that were read whole, by what they turned out to be. */
  taken: Map<ReportKind, number>;
}

interface Seen {
  uid: number;
  receivedAt: number;
  look: FirstLook;
}

/**
 * Looks through what is new in one folder: headers of all, the whole of those that may be a report or a reply to us. A
 * message is given to the intake before the cursor moves past it, so that after a crash it is taken again, to no effect.
 */
export class FolderScan {
  readonly counts: ScanCounts = { looked: 0, skipped: 0, taken: new Map() };
  readonly #account: MailboxAccount;
  readonly #workspaceId: WorkspaceId;
  readonly #folder: string;
  readonly #store: MailboxStore;
  readonly #intake: Pick<ReportIntake, 'take'>;
  readonly #shared: Pick<SharedAddresses, 'note'>;
  readonly #lookBackMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** A fetch has failed: one message at a time, and asked for less, until that is over. */
  #careful = false;
  readonly #failures = new Map<number, number>();

  constructor(deps: {
    account: MailboxAccount;
    workspaceId: WorkspaceId;
    folder: string;
    store: MailboxStore;
    intake: Pick<ReportIntake, 'take'>;
    shared: Pick<SharedAddresses, 'note'>;
    lookBackMs: number;
    clock: Clock;
    logger: Logger;
  }) {
    this.#account = deps.account;
    this.#workspaceId = deps.workspaceId;
    this.#folder = deps.folder;
    this.#store = deps.store;
    this.#intake = deps.intake;
    this.#shared = deps.shared;
    this.#lookBackMs = deps.lookBackMs;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /**
   * @param mailbox the folder, open in `client` for reading
   * @param isFresh it was opened a moment ago
   */
  async run(
    client: ImapFlow,
    mailbox: Pick<MailboxObject, 'uidValidity' | 'uidNext'>,
    isFresh: boolean,
  ): Promise<void> {
    const uidValidity = Number(mailbox.uidValidity);
    const cursor = await stored(this.#store.cursor(this.#account.id, this.#folder));
    // A folder that was restored from a backup may forget that it has given out UIDs before.
    const isYounger = isFresh && cursor !== undefined && mailbox.uidNext <= cursor.lastUid;
    const isSame = cursor?.uidValidity === uidValidity && !isYounger;
    const found = await client.search(
      isSame ? { uid: `${cursor.lastUid + 1}:*` } : { since: await this.#since(cursor) },
      { uid: true },
    );
    if (!Array.isArray(found)) throw new Error('the folder cannot be searched');
    // `n:*` names the last message even when there is none from n on (RFC 9051 §9, seq-range).
    const lastUid = isSame ? cursor.lastUid : 0;
    const uids = found.filter((uid) => uid > lastUid).sort((a, b) => a - b);
    let rest = uids;
    while (rest.length > 0) {
      const batch = rest.slice(0, this.#careful ? 1 : BATCH);
      const done = this.#isHopeless(batch)
        ? (batch[0] ?? 0)
        : await this.#takeBatch(client, batch, uidValidity);
      if (done !== undefined) await this.#move(uidValidity, done);
      rest = rest.filter((uid) => uid > (done ?? 0));
    }
    this.#careful = false;
    this.#failures.clear();
    if (isSame) return;
    // Older messages than were searched for need not be looked at the next time either.
    await this.#move(uidValidity, Math.max(mailbox.uidNext - 1, uids.at(-1) ?? 0));
    if (cursor !== undefined) {
      this.#logger.info(
        { folder: this.#folder },
        'a folder was made anew; its recent messages were looked at again',
      );
    }
  }

  /** @returns up to where it is done; undefined when not even the first message is */
  async #takeBatch(
    client: ImapFlow,
    uids: readonly number[],
    uidValidity: number,
  ): Promise<number | undefined> {
    const seen = await this.#fetched(client, uids, () => this.#look(client, uids));
    if (seen === undefined) return undefined;
    const answers = [...new Set(seen.flatMap(({ look }) => look.answers))];
    const own =
      answers.length === 0
        ? new Set<string>()
        : await stored(this.#store.ownMessageIds(this.#workspaceId, answers));
    this.counts.looked += seen.length;
    await this.#noteLists(seen);
    let before: number | undefined;
    for (const message of seen.sort((a, b) => a.uid - b.uid)) {
      if (this.#isCandidate(message.look, own)) {
        const raw = await this.#fetched(client, uids, () => readMessage(client, message.uid));
        if (raw === undefined) return before;
        if (raw.length > 0) await this.#take(message, raw);
        await this.#move(uidValidity, message.uid);
      }
      before = message.uid;
    }
    return uids.at(-1);
  }

  /** What came through a list names it: mail of ours to that address has several readers. */
  async #noteLists(seen: readonly Seen[]): Promise<void> {
    const lists = [...new Set(seen.flatMap(({ look }) => look.lists))];
    if (lists.length === 0) return;
    await stored(this.#shared.note(this.#workspaceId, lists, 'list-fields', this.#clock()));
  }

  #isCandidate({ mayBeReport, answers, from }: FirstLook, own: ReadonlySet<string>): boolean {
    if (mayBeReport) return true;
    // What the sender adds to the thread is no answer to it.
    return from?.toLowerCase() !== this.#account.address && answers.some((id) => own.has(id));
  }

  async #look(client: ImapFlow, uids: readonly number[]): Promise<Seen[]> {
    const query = {
      uid: true,
      internalDate: true,
      bodyStructure: !this.#careful,
      bodyParts: [{ key: 'HEADER', start: 0, maxLength: HEADER_BYTES }],
    };
    const seen: Seen[] = [];
    for await (const message of client.fetch(uids.join(','), query, { uid: true })) {
      const header = message.headers ?? Buffer.alloc(0);
      seen.push({
        uid: message.uid,
        receivedAt: dateOf(message) ?? this.#clock(),
        look: firstLook(header, partTypes(message.bodyStructure)),
      });
    }
    return seen;
  }

  /**
   * A message that cannot be read must not hold up the others for ever, and a lost connection must not lose a message.
   * @returns undefined when it has to be tried again, one message at a time
   */
  async #fetched<T>(
    client: ImapFlow,
    uids: readonly number[],
    fetch: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await fetch();
    } catch (error) {
      const [uid = 0] = uids;
      if (this.#careful) this.#failures.set(uid, (this.#failures.get(uid) ?? 0) + 1);
      this.#careful = true;
      if (!client.usable) throw error;
      return undefined;
    }
  }

  #isHopeless([uid = 0]: readonly number[]): boolean {
    if ((this.#failures.get(uid) ?? 0) < MOST_FAILURES) return false;
    this.#failures.delete(uid);
    this.counts.skipped += 1;
    this.#logger.warn({ folder: this.#folder, uid }, 'a message in a mailbox cannot be read; it is left out');
    return true;
  }

  async #take({ receivedAt, look }: Seen, raw: Uint8Array): Promise<void> {
    const key = keyOf(look);
    const { kind, matched } = await stored(
      this.#intake.take({
        raw,
        receivedAt,
        via: 'mailbox',
        workspaceId: this.#workspaceId,
        ...(key === undefined ? {} : { key }),
      }),
    );
    this.counts.taken.set(kind, (this.counts.taken.get(kind) ?? 0) + 1);
    this.#logger.info(
      { folder: this.#folder, kind, matched: matched.length },
      'a message of a mailbox was read',
    );
  }

  async #move(uidValidity: number, lastUid: number): Promise<void> {
    const cursor: FolderCursor = { uidValidity, lastUid, movedAt: this.#clock() };
    await stored(this.#store.moveCursor(this.#workspaceId, this.#account.id, this.#folder, cursor));
  }

  /** IMAP searches by whole days, in whatever time zone (RFC 9051 §6.4.4): one day more. */
  async #since(cursor: FolderCursor | undefined): Promise<Date> {
    const now = this.#clock();
    const firstMailAt = await stored(this.#store.firstMailAt(this.#workspaceId));
    const from = cursor === undefined ? (firstMailAt ?? now) : Math.min(cursor.movedAt, now);
    return new Date(Math.max(from - (cursor === undefined ? 0 : DAY_MS), now - this.#lookBackMs) - DAY_MS);
  }
}

async function readMessage(client: ImapFlow, uid: number): Promise<Uint8Array> {
  const source = { start: 0, maxLength: REPORT_BYTES };
  const message = await client.fetchOne(String(uid), { uid: true, source }, { uid: true });
  // Gone since: somebody has moved or deleted it.
  return message === false ? Buffer.alloc(0) : (message.source ?? Buffer.alloc(0));
}

/** The same message is the same report in whatever folder it is, and after its folder was made anew. */
function keyOf({ messageId, date }: FirstLook): string | undefined {
  if (messageId === undefined) return undefined;
  // Some machines have one Message-ID for all they write; the date tells those apart.
  return createHash('sha256')
    .update(`mailbox\n${messageId}\n${date ?? ''}`)
    .digest('hex');
}

function dateOf({ internalDate }: FetchMessageObject): number | undefined {
  const time = internalDate === undefined ? Number.NaN : new Date(internalDate).getTime();
  return Number.isNaN(time) ? undefined : time;
}

function partTypes(root: MessageStructureObject | undefined): string[] {
  const types: string[] = [];
  const parts = root === undefined ? [] : [root];
  for (let part = parts.pop(); part !== undefined && types.length < MOST_PARTS; part = parts.pop()) {
    types.push(part.type);
    parts.push(...(part.childNodes ?? []));
  }
  return types;
}
