import type { Logger } from '../kernel/logger.ts';
import { instrumentOptions, type TrackingContext } from './copy-plan.ts';
import { withFieldsFirst } from './header-block.ts';
import { instrument, type InstrumentResult } from './instrument/instrument.ts';
import type { CapturedCopy, QueuedMail } from './ports.ts';
import type { PreparedMails } from './prepared-mails.ts';
import type { MailSigner } from './signing/signing.ts';
import type { SmarthostEnvelope, SmarthostResult } from './smarthost.ts';

/** What became of a copy, in one attempt. */
export type Attempt =
  SmarthostResult | { kind: 'captured'; copy: CapturedCopy } | { kind: 'waiting'; reason: string };

type Copy = Pick<InstrumentResult, 'message' | 'touched'>;

/** The way of one copy out: each step is a function of its own. */
export class Pipeline {
  readonly #context: TrackingContext;
  readonly #prepared: PreparedMails;
  readonly #signer: MailSigner;
  readonly #smarthost: Smarthost | undefined;
  readonly #clock: () => number;
  readonly #logger: Logger;

  constructor(deps: {
    context: TrackingContext;
    prepared: PreparedMails;
    signer: MailSigner;
    /** Undefined: mail is captured. */
    smarthost: Smarthost | undefined;
    clock: () => number;
    logger: Logger;
  }) {
    this.#context = deps.context;
    this.#prepared = deps.prepared;
    this.#signer = deps.signer;
    this.#smarthost = deps.smarthost;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  async send(mail: QueuedMail): Promise<Attempt> {
    const copy = await this.#sign(mail, askForReceipt(mail, await this.#makeCopy(mail)));
    return this.#capture(mail, copy) ?? this.#waitForSmarthost(mail) ?? this.#deliver(mail, copy);
  }

  /** Instrumented for its recipient, or the accepted bytes as they are. */
  async #makeCopy(mail: QueuedMail): Promise<Copy> {
    const plan = mail.options.copy;
    if (plan === null) return { message: mail.raw, touched: false };
    const resigns = this.#signer.resigns(mail.raw);
    const options = instrumentOptions(this.#context, mail.workspaceId, plan, resigns);
    const result = instrument(await this.#prepared.of(mail.raw, resigns), options);
    this.#logger.debug({ queueId: mail.id, touched: result.touched }, 'copy made');
    return result;
  }

  /** Mail of others that only passes through is not ours to vouch for, whatever its From says. */
  async #sign({ options }: QueuedMail, { message, touched }: Copy): Promise<Uint8Array> {
    return options.foreign === true ? message : this.#signer.sign(message, { changed: touched });
  }

  /** What was accepted for the demo inbox goes there, whatever the settings are now. */
  #capture(mail: QueuedMail, raw: Uint8Array): Attempt | undefined {
    if (mail.options.wayOut !== 'capture') return undefined;
    this.#logger.debug({ queueId: mail.id }, 'copy captured');
    const { from, subject, trackingNumber } = mail.options;
    return { kind: 'captured', copy: { raw, from, subject, trackingNumber, at: this.#clock() } };
  }

  /** Accepted while a smarthost was set, which is gone now: the mail is kept until there is one again. */
  #waitForSmarthost(mail: QueuedMail): Attempt | undefined {
    if (this.#smarthost !== undefined) return undefined;
    this.#logger.warn({ queueId: mail.id }, 'mail waits, no smarthost is set any more');
    return { kind: 'waiting', reason: 'No mail server to send through is set any more.' };
  }

  async #deliver(mail: QueuedMail, raw: Uint8Array): Promise<Attempt> {
    if (this.#smarthost === undefined) throw new Error('no smarthost');
    const { eightBit, smtpUtf8, dsn } = mail.options;
    const result = await this.#smarthost.deliver(raw, {
      from: mail.envelopeFrom,
      to: mail.envelopeTo,
      ...(eightBit === undefined ? {} : { eightBit }),
      ...(smtpUtf8 === undefined ? {} : { smtpUtf8 }),
      ...(dsn === undefined ? {} : { dsn }),
    });
    this.#logger.info(
      { queueId: mail.id, attempt: mail.attempts, result: result.kind },
      'delivery attempted',
    );
    return result;
  }
}

/** The one header field that a copy gets when its author asks for receipts. */
function askForReceipt({ options: { receiptTo } }: QueuedMail, copy: Copy): Copy {
  if (receiptTo === undefined) return copy;
  const message = withFieldsFirst(copy.message, [`Disposition-Notification-To: <${receiptTo}>`]);
  return { message, touched: true };
}

export interface Smarthost {
  deliver(raw: Uint8Array, envelope: SmarthostEnvelope): Promise<SmarthostResult>;
}
