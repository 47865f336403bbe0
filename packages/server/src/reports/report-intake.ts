import { createHash } from 'node:crypto';
import type { DeliveryId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { SharedAddresses } from '../messages/messages.ts';
import type { Keyring } from '../tracking/tracking.ts';
import { firstLook } from './first-look.ts';
import { readHeader } from './header-fields.ts';
import { isAbout, matchReport, type ReportMatch } from './match.ts';
import { parseReport } from './parse-report.ts';
import { factOf, type ReportFact } from './report-facts.ts';
import type { ReportStore } from './report-store.ts';
import type { IncomingReport, MatchedDelivery, TakenReport } from './taken-report.ts';
import type { Report } from './report.ts';

/** Port: the deliveries' timelines. The same source counts once. */
export interface ReportTimeline {
  recordTransport(fact: ReportFact & { deliveryId: DeliveryId; at: number; source: string }): Promise<void>;
}

/** Takes messages in, matches them to deliveries and tells the deliveries' timelines. */
export class ReportIntake {
  readonly #store: ReportStore;
  readonly #timeline: ReportTimeline;
  readonly #shared: Pick<SharedAddresses, 'note'>;
  readonly #keyring: Keyring;
  readonly #logger: Logger;

  constructor(deps: {
    store: ReportStore;
    timeline: ReportTimeline;
    shared: Pick<SharedAddresses, 'note'>;
    keyring: Keyring;
    logger: Logger;
  }) {
    this.#store = deps.store;
    this.#timeline = deps.timeline;
    this.#shared = deps.shared;
    this.#keyring = deps.keyring;
    this.#logger = deps.logger;
  }

  /**
   * Resolves when all that follows from the message is durable. Any bytes are taken; the same message twice has no
   * further effect and gives the same answer, except for deliveries whose privacy mode keeps no such thing.
   * @throws whatever the store throws, for example when the database is away: take the message again later
   */
  async take(mail: IncomingReport): Promise<TakenReport> {
    const key = keyOf(mail);
    const before = await this.#store.taken(key);
    if (before !== undefined) return before;
    const report = this.#parse(mail.raw);
    const matches = await matchReport(report, mail, { store: this.#store, keyring: this.#keyring });
    const identity = identityOf(mail.raw);
    await this.#noteShared(matches, mail);
    for (const match of matches) await this.#tell(report, match, mail.receivedAt, identity);
    const [first] = matches;
    const taken = { kind: report.kind, matched: matches.map(toMatched) };
    if (first !== undefined) {
      const { workspaceId } = first;
      const kept = matches.filter(({ delivery }) => isKept(report, delivery));
      await this.#store.remember({
        key,
        workspaceId,
        via: mail.via,
        receivedAt: mail.receivedAt,
        kind: report.kind,
        matched: kept.map(toMatched),
        parsed: kept.length === matches.length ? report : { kind: report.kind },
      });
    }
    this.#logger.info({ kind: report.kind, matched: matches.length, via: mail.via }, 'a report was taken');
    return taken;
  }

  /** A message that our own code cannot read is no report; its bytes are not at fault. */
  #parse(raw: Uint8Array): Report {
    try {
      return parseReport(raw);
    } catch (err) {
      this.#logger.error({ err }, 'a message could not be read as a report');
      return { kind: 'none', recipients: [] };
    }
  }

  /** Before the timeline is told, so that its verdict knows. */
  async #noteShared(matches: readonly ReportMatch[], { raw, receivedAt }: IncomingReport): Promise<void> {
    const [first] = matches;
    if (first === undefined) return;
    const expanded = matches
      .filter(({ delivery, recipient: of }) => of?.action === 'expanded' && isAbout(of, delivery))
      .map(({ delivery }) => delivery.recipient);
    if (expanded.length > 0) await this.#shared.note(first.workspaceId, expanded, 'expanded', receivedAt);
    const { lists } = firstLook(raw);
    if (lists.length > 0) await this.#shared.note(first.workspaceId, lists, 'list-fields', receivedAt);
  }

  async #tell(report: Report, match: ReportMatch, at: number, identity: string): Promise<void> {
    const { deliveryId } = match.delivery;
    const isRecipients = match.recipient !== undefined && isAbout(match.recipient, match.delivery);
    const fact = factOf(report, match.recipient, { isRecipients });
    if (fact === undefined) return;
    await this.#timeline.recordTransport({
      ...fact,
      deliveryId,
      at,
      source: `report:${identity}:${deliveryId}`,
    });
  }
}

function toMatched({ delivery, recipient, by }: ReportMatch): MatchedDelivery {
  const { deliveryId, trackingNumber } = delivery;
  const action = recipient?.action;
  return { deliveryId, trackingNumber, by, ...(action === undefined ? {} : { action }) };
}

/** What mail systems say of the way of a mail is kept in every privacy mode; of readers the timeline keeps less. */
function isKept({ kind }: Report, { mode, objected }: ReportMatch['delivery']): boolean {
  return kind === 'dsn' || kind === 'bounce' || (mode === 'full' && !objected);
}

function keyOf({ key, raw, sentTo = '', workspaceId }: IncomingReport): string {
  if (key !== undefined) return `given:${workspaceId ?? ''}:${key}`;
  return createHash('sha256')
    .update(`${workspaceId ?? ''} ${sentTo.toLowerCase()}\n`)
    .update(raw)
    .digest('hex');
}

/**
 * The same for a report that comes twice by different ways: to its VERP address, and passed on into the sender's
 * mailbox, where further fields of its way stand above it.
 */
function identityOf(raw: Uint8Array): string {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const { fields } = readHeader(bytes, 0, bytes.length);
  const names = ['message-id', 'date', 'from', 'subject'];
  const values = names.map((name) => fields.first(name) ?? '');
  const hash = createHash('sha256');
  if (values[0] === '' && values[1] === '') hash.update(raw);
  else hash.update(JSON.stringify(values));
  return hash.digest('hex').slice(0, 32);
}
