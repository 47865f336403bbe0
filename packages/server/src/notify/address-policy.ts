import ipaddr from 'ipaddr.js';
import { AppError } from '../kernel/errors.ts';

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Global unicast (IANA IPv6 address space registry); everything else is local, special or unassigned. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Which addresses a user of Waybill may make it connect to: public ones, and networks that the operator allowed.
 * Guards against server-side request forgery, where a "webhook" is the database or the cloud's metadata service.
 */
export class AddressPolicy {
  readonly #allowed: readonly Network[];

  /**
   * @param allowedNetworks CIDRs (or single addresses) that may be reached although they are private or local
   * @throws AppError `misconfigured` when one is not understood
   */
  constructor(allowedNetworks: readonly string[]) {
    this.#allowed = allowedNetworks.map(parseNetwork);
  }

  /** @param ip textual address of either family */
  permits(ip: string): boolean {
    // A zone (`fe80::1%eth0`) only exists on link-local addresses.
    if (!ipaddr.isValid(ip) || ip.includes('%')) return false;
    // `process` unwraps ::ffff:a.b.c.d, which the system connects to as a.b.c.d.
    const address = ipaddr.process(ip);
    if (this.#allowed.some((network) => isWithin(address, network))) return true;
    if (address.range() !== 'unicast') return false;
    return address.kind() === 'ipv4' || isWithin(address, GLOBAL_IPV6);
  }
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

function parseNetwork(text: string): Network {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch (error) {
    throw new AppError(
      'misconfigured',
      `WAYBILL_WEBHOOK_ALLOWED_NETWORKS: ${text} is not a network like 10.0.0.0/8`,
      {
        cause: error,
      },
    );
  }
}
