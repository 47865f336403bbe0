import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { AppError } from '../kernel/errors.ts';
import type { AddressPolicy } from './address-policy.ts';

const TIMEOUT_MS = 10_000;
const RESPONSE_BYTES = 64 * 1024;
const LOWEST_FREE_PORT = 1024;
/** Ports above 1023 where something else than HTTP listens that an HTTP request could upset. */
const OTHER_SERVICES = new Set([
  1433, 1719, 1720, 1723, 2049, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667,
  6668, 6669, 6679, 6697, 10_080, 11_211, 27_017,
]);

/** All addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface OutboundAnswer {
  status: number;
  /** At most 64 KiB; what comes after is not read. */
  body: string;
  /** `Retry-After` (RFC 9110 §10.2.3) in milliseconds, when given in seconds. */
  retryAfterMs?: number;
}

/**
 * HTTP POST to an address that a user typed in. The host is resolved here, every address vetted, and the connection
 * pinned to a vetted one, so that a name whose answer changes (DNS rebinding) gains nothing. Redirects are answers,
 * never followed. No connection is kept.
 */
export class OutboundHttp {
  readonly #policy: AddressPolicy;
  readonly #resolve: Resolve;
  readonly #timeoutMs: number;

  constructor(policy: AddressPolicy, options: { resolve?: Resolve; timeoutMs?: number } = {}) {
    this.#policy = policy;
    this.#resolve = options.resolve ?? resolveBySystem;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /**
   * @throws AppError `forbidden` when the target may not be reached; any other error is a network failure
   */
  async post(
    target: string,
    message: { headers: Record<string, string>; body: string; signal: AbortSignal },
  ): Promise<OutboundAnswer> {
    const problem = targetProblem(target, this.#policy);
    if (problem !== undefined) throw new AppError('forbidden', problem);
    const url = new URL(target);
    const signal = AbortSignal.any([message.signal, AbortSignal.timeout(this.#timeoutMs)]);
    const addresses = await unlessAborted(this.#vettedAddresses(hostOf(url)), signal);
    return exchange(url, addresses, { ...message, signal });
  }

  async #vettedAddresses(host: string): Promise<string[]> {
    const addresses = isIP(host) === 0 ? await this.#resolve(host) : [host];
    const vetted = addresses.filter((address) => this.#policy.permits(address));
    if (vetted.length === 0) throw new AppError('forbidden', `${host} ${NOT_PUBLIC}`);
    return vetted;
  }
}

const NOT_PUBLIC =
  'is not on the public internet. WAYBILL_WEBHOOK_ALLOWED_NETWORKS lists the private networks that may be reached.';

/** Why a URL can be no target, as far as it shows without looking the name up; undefined when nothing is wrong. */
export function targetProblem(target: string, policy: AddressPolicy): string | undefined {
  if (!URL.canParse(target)) return 'is not an address like https://example.org/hook';
  const url = new URL(target);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  const host = hostOf(url);
  if (host === '') return 'has no host name';
  if (isIP(host) !== 0 && !policy.permits(host)) return `${host} ${NOT_PUBLIC}`;
  const port = Number(url.port);
  if (
    url.port !== '' &&
    port !== 80 &&
    port !== 443 &&
    (port < LOWEST_FREE_PORT || OTHER_SERVICES.has(port))
  ) {
    return `has port ${port}, where no web server is expected`;
  }
  return undefined;
}

/** Without the brackets of IPv6; `URL` has made a plain address of spellings like 0x7f.1 already. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

async function resolveBySystem(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true })).map(({ address }) => address);
}

function exchange(
  url: URL,
  addresses: readonly string[],
  message: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<OutboundAnswer> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const options: RequestOptions = {
    method: 'POST',
    headers: {
      'user-agent': 'Waybill',
      ...message.headers,
      'content-length': Buffer.byteLength(message.body),
    },
    signal: message.signal,
    agent: false,
    lookup: pinnedLookup(addresses),
  };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      readBody(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body, ...retryAfter(response) }),
        reject,
      );
    });
    call.on('error', (error) => reject(message.signal.aborted ? timedOut(message.signal) : error));
    call.end(message.body);
  });
}

/** Answers every look-up of this one request with the addresses that were vetted. */
function pinnedLookup(addresses: readonly string[]): NonNullable<RequestOptions['lookup']> {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const first = answers[0];
    if (options.all === true) callback(null, answers);
    else if (first === undefined) callback(new Error('no address'), '', 0);
    else callback(null, first.address, first.family);
  };
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, RESPONSE_BYTES - sizeBytes));
    sizeBytes += chunk.length;
    // Leaving the loop destroys the connection: an endless answer ends here.
    if (sizeBytes >= RESPONSE_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function retryAfter(response: IncomingMessage): { retryAfterMs?: number } {
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
}

function timedOut(signal: AbortSignal): Error {
  return new Error('no answer in time', { cause: signal.reason });
}

/** A look-up cannot be aborted; its answer can be ignored. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(timedOut(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
