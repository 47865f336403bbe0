import type { Mode, Reason } from '@waybill/sdk';
import {
  newMessageId,
  type DeliveryId,
  type MessageId,
  type RandomBytes,
  type WorkspaceId,
} from '../kernel/ids.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { copyPlan, trialOptions, type TrackingContext } from './copy-plan.ts';
import { EarlierModes, type EarlierPasses } from './earlier-passes.ts';
import type { CopyPlan, Envelope } from './envelope.ts';
import { withoutFields } from './header-block.ts';
import type { IncomingMail } from './incoming-mail.ts';
import { instrument, type InstrumentResult } from './instrument/instrument.ts';
import { reason } from './instrument/reasons.ts';
import { readMailFacts, type MailFacts } from './mail-facts.ts';
import type { Permission } from './permission.ts';
import type { PreparedMails } from './prepared-mails.ts';
import type { MailSigner } from './signing/signing.ts';
import { INTERNAL_ERROR, TRACKING_ADDRESS_LOCAL, TRACKING_OFF } from './untouched.ts';
import type { WayOut } from './way-out.ts';

type Analysis = Pick<
  InstrumentResult,
  'touched' | 'reason' | 'pixel' | 'pixelReason' | 'links' | 'untouchedLinks'
>;

/** What one look at a mail tells for all its copies. */
export interface Reading {
  messageId: MessageId;
  mode: Mode;
  facts: MailFacts;
  /** Without the fields that nobody else may see. */
  body: Uint8Array;
  analysis: Analysis | undefined;
  /** Why no copy is tracked; null when they may be. */
  untouched: Reason | null;
  /** @param id the delivery's */
  planFor: (id: DeliveryId) => CopyPlan | undefined;
}

/** Taken out on every way in: who else got the mail secretly, and what was meant for us. */
export function isRemovedField(name: string): boolean {
  return name === 'bcc' || name === 'resent-bcc' || name.startsWith('x-waybill');
}

export interface MailReaderDeps {
  context: TrackingContext;
  prepared: PreparedMails;
  signer: Pick<MailSigner, 'resigns'>;
  earlierPasses: EarlierPasses;
  wayOut: WayOut;
  clock: Clock;
  random: RandomBytes;
  logger: Logger;
}

/** Looks at a mail once for all its copies, and decides whether any may be tracked. */
export class MailReader {
  readonly #context: TrackingContext;
  readonly #prepared: PreparedMails;
  readonly #signer: Pick<MailSigner, 'resigns'>;
  readonly #earlier: EarlierModes;
  readonly #wayOut: WayOut;
  readonly #random: RandomBytes;
  readonly #logger: Logger;

  constructor(deps: MailReaderDeps) {
    this.#context = deps.context;
    this.#prepared = deps.prepared;
    this.#signer = deps.signer;
    this.#earlier = new EarlierModes(deps);
    this.#wayOut = deps.wayOut;
    this.#random = deps.random;
    this.#logger = deps.logger;
  }

  async read(mail: IncomingMail, workspace: NonNullable<Permission['workspace']>): Promise<Reading> {
    const { workspaceId, envelope } = mail;
    const facts = readMailFacts(mail.raw);
    const body = withoutFields(mail.raw, isRemovedField);
    const messageId = mail.messageId ?? newMessageId(this.#random);
    const mode = await this.#earlier.atMost(facts.mode ?? mail.mode ?? workspace.mode, mail, facts);
    const planFor = (id: string): CopyPlan | undefined => {
      // Without a sender it is a bounce or a receipt (RFC 5321 §4.5.5).
      if (mode === 'off' || envelope.from === '' || this.#wayOut === 'smarthost-untouched') return undefined;
      const subject = mode === 'aggregate' ? messageId : id;
      return copyPlan(this.#context, workspaceId, { subject, mode, disclosure: workspace.disclosure });
    };
    const analysis = await this.#analyse(workspaceId, body, planFor(messageId));
    const untouched = whyUntouched(envelope, mode, analysis);
    return { messageId, mode, facts, body, analysis, untouched, planFor };
  }

  async #analyse(
    workspaceId: WorkspaceId,
    body: Uint8Array,
    plan: CopyPlan | undefined,
  ): Promise<Analysis | undefined> {
    if (plan === undefined) return undefined;
    try {
      const resigns = this.#signer.resigns(body);
      const prepared = await this.#prepared.of(body, resigns);
      return instrument(prepared, trialOptions(this.#context, workspaceId, plan, resigns));
    } catch (err) {
      // A mail that our own code cannot handle is still somebody's mail: it goes out as it is.
      this.#logger.error({ err }, 'a mail could not be looked at, it passes untouched');
      return {
        touched: false,
        reason: INTERNAL_ERROR,
        pixel: null,
        pixelReason: null,
        links: [],
        untouchedLinks: [],
      };
    }
  }
}

function whyUntouched(envelope: Envelope, mode: Mode, analysis: Analysis | undefined): Reason | null {
  if (envelope.from === '') return reason('null-sender');
  if (mode === 'off') return TRACKING_OFF;
  if (analysis === undefined) return TRACKING_ADDRESS_LOCAL;
  return analysis.touched ? null : analysis.reason;
}
