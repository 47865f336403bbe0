import { AppError } from '../kernel/errors.ts';
import type { MailboxAccount } from './account.ts';
import { TokenTrouble } from './token-trouble.ts';

/** Why a mailbox cannot be used: what kind of failure, and a sentence for people, without secrets. */
export interface Trouble {
  kind: 'sign-in' | 'certificate' | 'no-tls' | 'network' | 'folder' | 'refused' | 'store';
  text: string;
}

type Place = Pick<MailboxAccount, 'host' | 'port'> & { password?: string | undefined };

/** What Node says about certificates (https://nodejs.org/api/tls.html#x509-certificate-error-codes), in words. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here',
  CERT_UNTRUSTED: 'its authority is not known here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
  HOSTNAME_MISMATCH: 'it is for another name',
};

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up at the moment',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'there is no answer',
  ETIMEOUT: 'there is no answer',
  CONNECT_TIMEOUT: 'there is no answer',
  GREETING_TIMEOUT: 'it says nothing',
  UPGRADE_TIMEOUT: 'STARTTLS gets no answer',
};

/** What the IMAP library says when a server offers neither OAUTHBEARER nor XOAUTH2. */
const UNSUPPORTED = 'Unsupported authentication mechanism';

/** The server has trouble of its own, whatever the password (RFC 5530). */
const TEMPORARY: readonly string[] = ['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG'];

/** @param error what the IMAP library, the network or our own store threw */
export function troubleOf(error: unknown, place: Place, folder?: string): Trouble {
  const { host, port } = place;
  if (error instanceof TokenTrouble) return error.trouble;
  if (error instanceof AppError) {
    return { kind: error.code === 'not-found' ? 'folder' : 'store', text: error.message };
  }
  const facts = factsOf(error);
  const certificate = CERTIFICATE[facts.code];
  if (certificate !== undefined) {
    return {
      kind: 'certificate',
      text: `The certificate of ${host} is not trusted: ${certificate}. Make its authority known with NODE_EXTRA_CA_CERTS; tls=require takes any certificate.`,
    };
  }
  if (facts.authenticationFailed && !TEMPORARY.includes(facts.responseCode)) {
    if ('password' in place && place.password === undefined) {
      return {
        kind: 'sign-in',
        text: `${host} does not accept the access token${quoted(facts.responseText)}. IMAP must be on for this mailbox, the user name must be the one that the refresh token was given for, and the consent must include IMAP.`,
      };
    }
    return {
      kind: 'sign-in',
      text: `${host} does not accept the user name and password${quoted(facts.responseText)}. Some services want a password for this program alone (app password).`,
    };
  }
  if (facts.tlsFailed) {
    return { kind: 'no-tls', text: `${host} does not offer STARTTLS on port ${port}; try imaps://.` };
  }
  if (facts.message === UNSUPPORTED) {
    return {
      kind: 'sign-in',
      text: `${host} does not know this way of signing in: it offers no OAUTHBEARER or XOAUTH2. Use a password instead of auth=oauth.`,
    };
  }
  const network = NETWORK[facts.code];
  if (network !== undefined) {
    return { kind: 'network', text: `${host}:${port} cannot be reached: ${network}.` };
  }
  if (folder !== undefined && (facts.mailboxMissing || facts.responseCode === 'TRYCREATE')) {
    return { kind: 'folder', text: `There is no folder ${JSON.stringify(folder)}.` };
  }
  if (facts.responseText !== '') {
    return { kind: 'refused', text: `${host} refused${quoted(facts.responseText)}.` };
  }
  return { kind: 'network', text: `The connection to ${host}:${port} ended${quoted(facts.message)}.` };
}

interface ErrorFacts {
  code: string;
  message: string;
  responseText: string;
  responseCode: string;
  authenticationFailed: boolean;
  tlsFailed: boolean;
  mailboxMissing: boolean;
}

/** The library puts its findings on plain errors; what caused it may lie underneath. */
function factsOf(error: unknown): ErrorFacts {
  const fields = (error ?? {}) as Record<string, unknown>;
  const inner = fields['cause'] ?? fields['_err'];
  const deeper = inner instanceof Error ? factsOf(inner) : undefined;
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  const code = text('code');
  const known = code in CERTIFICATE || code in NETWORK;
  return {
    code: known ? code : (deeper?.code ?? code),
    message: text('message'),
    responseText: text('responseText') || (fields['authenticationFailed'] === true ? text('response') : ''),
    responseCode: text('serverResponseCode').toUpperCase(),
    authenticationFailed: fields['authenticationFailed'] === true,
    tlsFailed: fields['tlsFailed'] === true || deeper?.tlsFailed === true,
    mailboxMissing: fields['mailboxMissing'] === true,
  };
}

/** Somebody else's words, made harmless for a log line. */
function quoted(text: string): string {
  const line = text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200)
    .replace(/\.$/, '');
  return line === '' ? '' : ` (${line})`;
}
