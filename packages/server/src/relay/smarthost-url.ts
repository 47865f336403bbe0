import { AppError } from '../kernel/errors.ts';
import { isLoopbackHost } from './way-out.ts';

/**
 * `off`: never TLS. `opportunistic`: STARTTLS when offered, with whatever certificate. `require`: TLS with whatever
 * certificate. `verify`: TLS, and the certificate must be valid for the host.
 */
export type TlsPolicy = 'off' | 'opportunistic' | 'require' | 'verify';

export interface SmarthostAddress {
  host: string;
  port: number;
  /** TLS from the start (smtps, RFC 8314). */
  implicitTls: boolean;
  tls: TlsPolicy;
  credentials: { user: string; pass: string } | undefined;
}

const POLICIES: readonly string[] = ['off', 'opportunistic', 'require', 'verify'] satisfies TlsPolicy[];

/**
 * Reads `smtp://user:pass@host:port?tls=verify`. Without a `tls` parameter the certificate is verified for `smtps` and
 * where a password goes to another machine; otherwise STARTTLS is opportunistic, as between mail servers.
 * @throws AppError `misconfigured`; its text holds no password
 */
export function readSmarthostUrl(text: string): SmarthostAddress {
  if (!URL.canParse(text)) throw misconfigured('is not an address');
  const url = new URL(text);
  const implicitTls = url.protocol === 'smtps:';
  if (!implicitTls && url.protocol !== 'smtp:') throw misconfigured('must begin with smtp:// or smtps://');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw misconfigured('names no host');
  const credentials = url.username === '' ? undefined : readCredentials(url);
  const wanted = url.searchParams.get('tls');
  if (wanted !== null && !POLICIES.includes(wanted)) {
    throw misconfigured(`has an unknown tls=${wanted}: off, opportunistic, require and verify are known`);
  }
  if (wanted === 'off' && implicitTls) throw misconfigured('cannot be smtps:// with tls=off');
  const passwordLeaves = credentials !== undefined && !isLoopbackHost(host);
  return {
    host,
    port: url.port === '' ? defaultPort(implicitTls, credentials !== undefined) : Number(url.port),
    implicitTls,
    tls: (wanted as TlsPolicy | null) ?? (implicitTls || passwordLeaves ? 'verify' : 'opportunistic'),
    credentials,
  };
}

function readCredentials(url: URL): { user: string; pass: string } {
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    throw misconfigured('has a user name or password that is not percent-encoded');
  }
}

function defaultPort(implicitTls: boolean, authenticated: boolean): number {
  if (implicitTls) return 465;
  return authenticated ? 587 : 25;
}

function misconfigured(problem: string): AppError {
  return new AppError('misconfigured', `WAYBILL_SMARTHOST_URL ${problem}.`);
}
