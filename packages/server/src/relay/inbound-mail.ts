import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId, WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { verifyReturnAddress, type Keyring } from '../tracking/tracking.ts';
import { headerRefusal } from './header-policy.ts';
import { withFieldsFirst } from './header-block.ts';
import { isForSender, LOOP, NO_SUCH_ADDRESS, wasDeliveredTo } from './inbound-policy.ts';
import { mailDate } from './mail-date.ts';
import type { PassThroughMail } from './pass-through.ts';
import { SendRate } from './send-rate.ts';
import type { Refusal } from './session-policy.ts';
import type { SmtpLimits } from './smtp-limits.ts';

/** Port: what is read of a report, and told on the timelines. @see ReportIntake in reports/ */
export interface ReportTaker {
  take(mail: {
    raw: Uint8Array;
    receivedAt: number;
    via: 'inbound';
    sentTo: string;
  }): Promise<{ kind: string; matched: readonly { deliveryId: DeliveryId; action?: string }[] }>;
}

/** Port: whom a delivery's bounces are for. */
export interface ReturnPaths {
  /** @returns undefined for a delivery that has no return path of ours */
  returnPath(
    workspaceId: WorkspaceId,
    deliveryId: string,
  ): Promise<{ envelopeFrom: string; notify: string | null } | undefined>;
}

/** Who handed it over, for the trace (RFC 5321 §4.4). */
export interface InboundClient {
  id: string;
  helo: string;
  address: string;
  protocol: string;
  smtpUtf8: boolean;
}

/** Mails to one return path in an hour: a mail system in order sends a handful. */
const PER_PATH_AND_HOUR = 60;

/** Takes mail to return paths: the delivery's timeline learns of it, and the sender gets it. Nobody else ever does. */
export class InboundMail {
  readonly #domain: string;
  readonly #keyring: Keyring;
  readonly #reports: ReportTaker;
  readonly #returnPaths: ReturnPaths;
  readonly #passThrough: Pick<PassThroughMail, 'send'>;
  readonly #hostName: string;
  readonly #rate: SendRate;
  readonly #limits: SmtpLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(deps: {
    /** The VERP domain, in lower case. */
    domain: string;
    keyring: Keyring;
    reports: ReportTaker;
    returnPaths: ReturnPaths;
    passThrough: Pick<PassThroughMail, 'send'>;
    hostName: string;
    limits: SmtpLimits;
    clock: Clock;
    logger: Logger;
  }) {
    this.#domain = deps.domain;
    this.#keyring = deps.keyring;
    this.#reports = deps.reports;
    this.#returnPaths = deps.returnPaths;
    this.#passThrough = deps.passThrough;
    this.#hostName = deps.hostName;
    this.#limits = deps.limits;
    this.#rate = new SendRate(PER_PATH_AND_HOUR, deps.clock);
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /** Whether an address is a return path of a delivery that is there. @throws what the store throws */
  async recipient(address: string): Promise<Refusal | undefined> {
    const claims = this.#claims(address);
    if (claims === undefined) return NO_SUCH_ADDRESS;
    const path = await this.#returnPaths.returnPath(claims.workspaceId, claims.subject);
    return path === undefined ? NO_SUCH_ADDRESS : this.#rate.use([claims.subject]);
  }

  /**
   * Resolves when what follows from the mail is durable, for all its recipients.
   * @throws what the stores throw: the client keeps the mail then
   */
  async take(
    raw: Uint8Array,
    recipients: readonly string[],
    client: InboundClient,
  ): Promise<Refusal | undefined> {
    const refusal = headerRefusal(raw, this.#limits);
    if (refusal !== undefined) return refusal;
    if (recipients.some((address) => wasDeliveredTo(raw, address))) return LOOP;
    for (const address of recipients) await this.#takeOne(raw, address, client);
    return undefined;
  }

  async #takeOne(raw: Uint8Array, address: string, client: InboundClient): Promise<void> {
    const claims = this.#claims(address);
    if (claims === undefined) return;
    const { workspaceId, subject } = claims;
    const path = await this.#returnPaths.returnPath(workspaceId, subject);
    if (path === undefined) return;
    const { kind, matched } = await this.#reports.take({
      raw,
      receivedAt: this.#clock(),
      via: 'inbound',
      sentTo: address,
    });
    const action = matched.find(({ deliveryId }) => deliveryId === subject)?.action;
    const isPassedOn = isForSender({ kind, action }, path.notify);
    this.#logger.info({ session: client.id, kind, isPassedOn }, 'mail to a return path was taken');
    if (!isPassedOn) return;
    await this.#passThrough.send({
      workspaceId,
      // A client that did not hear our 250 sends it again.
      id: createHash('sha256').update(`${subject}\n`).update(raw).digest('hex'),
      raw: withFieldsFirst(raw, this.#trace(address, client)),
      envelope: {
        // A null return path: whatever becomes of it, nothing comes back here (RFC 3464 §2).
        from: '',
        recipients: [{ address: path.envelopeFrom }],
        eightBit: true,
        smtpUtf8: client.smtpUtf8,
      },
    });
  }

  #claims(address: string) {
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    return domain === this.#domain ? verifyReturnAddress(this.#keyring, address) : undefined;
  }

  #trace(address: string, { id, helo, address: ip, protocol }: InboundClient): string[] {
    const name = helo.replaceAll(/[^\w.:[\]-]/g, '').slice(0, 255) || 'unknown';
    return [
      `Delivered-To: ${address}`,
      `Received: from ${name} ([${ip}])\r\n\tby ${this.#hostName} (Waybill) with ${protocol} id ${id};\r\n\t${mailDate(this.#clock())}`,
    ];
  }
}
