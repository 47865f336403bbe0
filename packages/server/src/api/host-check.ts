import { AppError } from '../kernel/errors.ts';
import { isLoopback } from './request-address.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Guards a listener on loopback against DNS rebinding: a page of another site whose name suddenly
 * resolves to 127.0.0.1 would be same-origin with us, so we answer to names that are ours only.
 * A listener that others can reach has no such list; there the session's cookie belongs to the name.
 */
export class HostCheck {
  readonly #allowed: ReadonlySet<string> | undefined;

  /** @param allowedHosts host names without port */
  constructor(listenHost: string, allowedHosts: readonly string[]) {
    const isLocal = isLoopback(listenHost) || listenHost.toLowerCase() === 'localhost';
    const own = listenHost.includes(':') ? `[${listenHost}]` : listenHost;
    this.#allowed = isLocal
      ? new Set([...LOOPBACK_NAMES, own, ...allowedHosts].map((host) => host.toLowerCase()))
      : undefined;
  }

  /** @throws AppError `forbidden` */
  require(hostHeader: string | undefined): void {
    if (this.#allowed === undefined) return;
    const host = (hostHeader ?? '').toLowerCase().replace(/:\d+$/, '');
    if (this.#allowed.has(host)) return;
    throw new AppError(
      'forbidden',
      'This server does not answer under this host name. Add the name to WAYBILL_ALLOWED_HOSTS if it is yours.',
    );
  }
}
