/** The decisions of an SMTP session, without sockets: what may be done, or the reply that refuses it. */
import { isAscii } from 'node:buffer';
import { domainToASCII } from 'node:url';
import { isLoopbackHost } from './way-out.ts';

/** An SMTP reply: code, enhanced code (RFC 3463) and one sentence. */
export interface Refusal {
  code: number;
  enhanced: string;
  text: string;
}

export interface Session {
  /** TLS is on. */
  secure: boolean;
  remoteAddress: string;
  /** Undefined before AUTH, and always on the filter listener. */
  sender: { allowedFrom: readonly string[] | undefined } | undefined;
}

/** Passwords go over TLS only; on this machine's loopback also without, when the settings say so. */
export function mayAuthenticate(
  session: Pick<Session, 'secure' | 'remoteAddress'>,
  settings: { allowPlainOnLoopback: boolean },
): Refusal | undefined {
  if (session.secure) return undefined;
  if (settings.allowPlainOnLoopback && isLoopbackHost(session.remoteAddress)) return undefined;
  return { code: 538, enhanced: '5.7.11', text: 'Encryption is required to sign in: use STARTTLS first.' };
}

/** No mail from strangers, in any configuration: this is no open relay. */
export function maySubmit(session: Session, from: string): Refusal | undefined {
  if (session.sender === undefined)
    return { code: 530, enhanced: '5.7.0', text: 'Authentication is required.' };
  return mayUseSender(session.sender.allowedFrom, from);
}

/** A bounce or receipt has the empty sender, which anybody may use (RFC 5321 §4.5.5). */
export function mayUseSender(allowedFrom: readonly string[] | undefined, from: string): Refusal | undefined {
  if (allowedFrom === undefined || from === '') return undefined;
  const address = comparable(from);
  const domain = address.slice(address.lastIndexOf('@'));
  const allowed = allowedFrom.some((entry) => {
    const wanted = comparable(entry);
    return wanted === address || (wanted.startsWith('@') && wanted === domain);
  });
  return allowed
    ? undefined
    : { code: 553, enhanced: '5.7.1', text: 'This account may not send from that address.' };
}

/** Letter case counts for no mailbox that matters; a domain has one form in ASCII (RFC 5891), however it is written. */
function comparable(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const ascii = isAscii(Buffer.from(domain)) ? domain : domainToASCII(domain);
  return `${address.slice(0, at)}@${ascii === '' ? domain : ascii}`.toLowerCase();
}

export function mayAddRecipient(accepted: number, limit: number): Refusal | undefined {
  if (accepted < limit) return undefined;
  return {
    code: 452,
    enhanced: '4.5.3',
    text: `Too many recipients: at most ${limit} in one mail. Send the others in another.`,
  };
}

export function mayHaveSize(sizeBytes: number, limitBytes: number): Refusal | undefined {
  if (sizeBytes <= limitBytes) return undefined;
  return {
    code: 552,
    enhanced: '5.3.4',
    text: `The mail is larger than ${limitBytes} bytes, which is the limit.`,
  };
}

export function mayPassFilter(isTrustedNetwork: boolean): Refusal | undefined {
  if (isTrustedNetwork) return undefined;
  return { code: 554, enhanced: '5.7.1', text: 'This listener is for known mail servers only.' };
}
