import { BlockList, isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerDataStream,
  SMTPServerSession,
} from 'smtp-server';
import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { AcceptedMail, IncomingMail, MailIntake } from './accept.ts';
import type { AuthLimit } from './auth-limit.ts';
import { clientGroup } from '../kernel/client-group.ts';
import { BUSY, collectMail } from './collect-mail.ts';
import type { Envelope } from './envelope.ts';
import { authorRefusal, headerRefusal } from './header-policy.ts';
import { MailBuffer } from './mail-buffer.ts';
import type { CredentialCheck } from './ports.ts';
import {
  mayAddRecipient,
  mayAuthenticate,
  mayPassFilter,
  maySubmit,
  type Refusal,
} from './session-policy.ts';
import type { SmtpShares } from './smtp-limits.ts';
import { replyTo } from './smtp-reply.ts';
import { isLoopbackHost } from './way-out.ts';

/** Who is taken at their word: users who sign in, or mail servers of known networks. */
export type Admission =
  | {
      kind: 'credentials';
      check: CredentialCheck;
      limit: AuthLimit;
      allowPlainOnLoopback: boolean;
      /** Where a sender works from; their own openings come from there too. */
      onSender: (workspaceId: WorkspaceId, address: string) => void;
    }
  | {
      kind: 'networks';
      networks: readonly string[];
      /** Sender domains whose mail is tracked; mail of others passes. */
      domains: readonly string[];
      workspaceId: () => Promise<WorkspaceId>;
    };

export interface SmtpSessionOptions {
  admission: Admission;
  shares: SmtpShares;
  intake: Pick<MailIntake, 'ask' | 'accept'>;
  /** Mail that is not ours to track, from the filter listener. */
  pass: (mail: { workspaceId: WorkspaceId; raw: Uint8Array; envelope: Envelope }) => Promise<void>;
  logger: Logger;
}

/** What AUTH leaves in the session. */
interface Sender {
  workspaceId: WorkspaceId;
  credentialId: string;
  allowedFrom: readonly string[] | undefined;
}

/** An answer of the store may be used for so long. */
const EARLY_ANSWER_MS = 1_000;

/** The handlers of a listener's sessions. */
export class SmtpSessions {
  readonly #options: SmtpSessionOptions;
  readonly #networks = new BlockList();

  constructor(options: SmtpSessionOptions) {
    this.#options = options;
    if (options.admission.kind === 'networks') {
      for (const network of options.admission.networks) addNetwork(this.#networks, network);
    }
  }

  connect({ remoteAddress }: SMTPServerSession): Refusal | undefined {
    if (this.#options.admission.kind === 'credentials') return undefined;
    return mayPassFilter(this.#networks.check(remoteAddress, isIP(remoteAddress) === 6 ? 'ipv6' : 'ipv4'));
  }

  authRefusal(session: { secure: boolean; remoteAddress: string }): Refusal | undefined {
    const { admission } = this.#options;
    return admission.kind === 'credentials' ? mayAuthenticate(session, admission) : undefined;
  }

  async authenticate(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
  ): Promise<{ user: Sender } | { message: string; responseCode: number }> {
    const { admission, logger } = this.#options;
    if (admission.kind !== 'credentials')
      return { responseCode: 502, message: '5.5.1 Signing in is not offered here.' };
    const { username = '', password, authzid = '' } = auth;
    const remoteAddress = clientGroup(session.remoteAddress);
    // RFC 4616: to act for another identity. Nobody may; programs that fill in their own name twice mean themselves.
    if (authzid !== '' && authzid.toLowerCase() !== username.toLowerCase()) {
      return { responseCode: 535, message: '5.7.8 This account cannot act for another one.' };
    }
    if (admission.limit.isBlocked(remoteAddress, username)) {
      return { responseCode: 454, message: '4.7.0 Too many wrong passwords. Wait a quarter of an hour.' };
    }
    try {
      const found = await admission.check.verify(username, password ?? '');
      if (found === undefined) {
        logger.info({ session: session.id }, 'SMTP sign-in with a wrong user name or password');
        await sleep(admission.limit.fail(remoteAddress, username));
        return { responseCode: 535, message: '5.7.8 The user name or password is wrong.' };
      }
      admission.limit.succeed(remoteAddress, username);
      admission.onSender(found.workspaceId, session.remoteAddress);
      const { workspaceId, credentialId, allowedFrom } = found;
      return { user: { workspaceId, credentialId, allowedFrom } };
    } catch (err) {
      logger.error({ err, session: session.id }, 'an SMTP sign-in could not be checked');
      return { responseCode: 454, message: '4.7.0 Signing in is not possible now. Try again later.' };
    }
  }

  mailFrom(address: SMTPServerAddress, session: SMTPServerSession): Refusal | undefined {
    const { memory, rate } = this.#options.shares;
    if (this.#options.admission.kind === 'credentials') {
      const { secure, remoteAddress } = session;
      const sender = senderOf(session);
      const refusal =
        maySubmit({ secure, remoteAddress, sender }, address.address) ?? rate.check(rateKeys(session));
      if (refusal !== undefined) return refusal;
    }
    const announced = Number(address.args === false ? 0 : (address.args['SIZE'] ?? 0));
    return announced > memory.leftBytes ? BUSY : undefined;
  }

  recipient(session: SMTPServerSession): Refusal | undefined {
    const { limits, rate } = this.#options.shares;
    const refusal = mayAddRecipient(session.envelope.rcptTo.length, limits.maxRecipients);
    if (refusal !== undefined || this.#options.admission.kind === 'networks') return refusal;
    return rate.use(rateKeys(session));
  }

  /** @returns the text of the 250, which is sent only after the mail is durable, or what refuses the mail */
  async data(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string | Refusal> {
    const mail = new MailBuffer(this.#options.shares.memory);
    const permission = this.#askEarly(session);
    try {
      const { maxMessageBytes } = this.#options.shares.limits;
      const refusal = await collectMail(stream, mail, maxMessageBytes);
      return refusal ?? (await this.#take(mail.bytes(), session, permission()));
    } catch (error) {
      const known = error instanceof AppError;
      this.#options.logger[known ? 'info' : 'error'](
        { err: error, session: session.id },
        'a mail was not accepted',
      );
      return replyTo(error);
    } finally {
      mail.free();
    }
  }

  /**
   * Asks the store while the mail is still coming in, so that nobody waits for the answer. What was answered too long ago
   * does not count: policies change, and people object.
   */
  #askEarly(session: SMTPServerSession): () => IncomingMail['permission'] {
    const { admission, intake } = this.#options;
    const { from, recipients } = envelopeOf(session);
    const isTracked = admission.kind === 'networks' ? isOfDomains(from, admission.domains) : true;
    const workspaceId =
      admission.kind === 'networks' ? admission.workspaceId() : senderOf(session)?.workspaceId;
    if (!isTracked || workspaceId === undefined) return () => undefined;
    const addresses = recipients.map(({ address }) => address);
    const askedAt = performance.now();
    const answer = Promise.resolve(workspaceId).then((id) => intake.ask(id, addresses));
    // The mail may be refused before anybody looks.
    answer.catch(() => undefined);
    return () => (performance.now() - askedAt < EARLY_ANSWER_MS ? answer : undefined);
  }

  async #take(
    raw: Uint8Array,
    session: SMTPServerSession,
    permission: IncomingMail['permission'],
  ): Promise<string | Refusal> {
    const { admission, shares, intake } = this.#options;
    const envelope = envelopeOf(session);
    const refusal = headerRefusal(raw, shares.limits);
    if (refusal !== undefined) return refusal;
    if (admission.kind === 'networks') return this.#filter(admission, { raw, envelope, permission });
    const sender = senderOf(session);
    if (sender === undefined) throw new AppError('unauthenticated', 'Authentication is required.');
    const { workspaceId, allowedFrom } = sender;
    return (
      authorRefusal(raw, allowedFrom) ??
      receipt(await intake.accept({ workspaceId, raw, envelope, permission, source: 'submission' }))
    );
  }

  async #filter(
    admission: Extract<Admission, { kind: 'networks' }>,
    mail: Pick<IncomingMail, 'raw' | 'envelope' | 'permission'>,
  ): Promise<string> {
    const { raw, envelope } = mail;
    const workspaceId = await admission.workspaceId();
    if (!isOfDomains(envelope.from, admission.domains)) {
      await this.#options.pass({ workspaceId, raw, envelope });
      return 'OK: passed on unchanged';
    }
    return receipt(await this.#options.intake.accept({ ...mail, workspaceId, source: 'filter' }));
  }
}

/** Whether mail of this sender, at a server's word, is ours to track. */
function isOfDomains(sender: string, domains: readonly string[]): boolean {
  return sender !== '' && domains.includes(sender.slice(sender.lastIndexOf('@') + 1).toLowerCase());
}

/** Whose hour a recipient is counted in. Programs on this machine share one address, which says nothing. */
function rateKeys(session: SMTPServerSession): string[] {
  const { credentialId = '' } = senderOf(session) ?? {};
  const { remoteAddress } = session;
  return [
    `credential ${credentialId}`,
    ...(isLoopbackHost(remoteAddress) ? [] : [`address ${clientGroup(remoteAddress)}`]),
  ];
}

function senderOf(session: SMTPServerSession): Sender | undefined {
  return (session.user as Sender | false | undefined) || undefined;
}

/** smtp-server has decoded xtext (RFC 3461 §4); the way out encodes it again. */
function envelopeOf({ envelope }: SMTPServerSession): Envelope {
  const { mailFrom, rcptTo, dsn } = envelope;
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    recipients: rcptTo.map(({ address, dsn: wanted }) => ({
      address,
      ...(wanted === undefined ? {} : { dsn: defined(wanted) }),
    })),
    eightBit: envelope.bodyType === '8bitmime',
    smtpUtf8: envelope.smtpUtf8 === true,
    dsn: {
      ...(dsn?.ret === 'FULL' || dsn?.ret === 'HDRS' ? { ret: dsn.ret } : {}),
      ...(typeof dsn?.envid === 'string' ? { envid: dsn.envid } : {}),
    },
  };
}

function defined(dsn: { notify?: string[] | undefined; orcpt?: string | undefined }) {
  return {
    ...(dsn.notify === undefined ? {} : { notify: dsn.notify }),
    ...(dsn.orcpt === undefined ? {} : { orcpt: dsn.orcpt }),
  };
}

const SHOWN_NUMBERS = 3;

/** People who try it by hand see their tracking numbers at once. */
function receipt({ deliveries }: AcceptedMail): string {
  const numbers = deliveries.slice(0, SHOWN_NUMBERS).map(({ trackingNumber }) => trackingNumber);
  const more = deliveries.length - numbers.length;
  return `OK: accepted as ${numbers.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function addNetwork(list: BlockList, cidr: string): void {
  const [address = '', prefix] = cidr.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
}
