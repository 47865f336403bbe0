import { BlockList, isIP, SocketAddress } from 'node:net';
import { AppError } from '../kernel/errors.ts';

/** Programs on this machine, by their plain address. */
export const LOOPBACK = /^(?:127\.|::1$)/;

/**
 * A list of networks; a single address is a network of its own.
 * @throws AppError `misconfigured` that names the network which is none
 */
export function networkList(cidrs: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    try {
      if (prefix === undefined) networks.addAddress(address, family);
      else networks.addSubnet(address, Number(prefix), family);
    } catch (error) {
      throw new AppError(
        'misconfigured',
        `${cidr} in WAYBILL_TRUSTED_PROXIES is not a network like 10.0.0.0/8.`,
        {
          cause: error,
        },
      );
    }
  }
  return networks;
}

/**
 * The client's address: the peer's, or what trusted proxies say in X-Forwarded-For. The list is read from the right,
 * since everything left of the first untrusted hop can be made up by the client.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | string[] | undefined,
  trusted: BlockList,
): string | undefined {
  let client = plainAddress(peer ?? '');
  if (client === undefined || forwardedFor === undefined) return client;
  const hops = (Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor).split(',');
  while (hops.length > 0 && isTrustedAddress(client, trusted)) {
    const hop = plainAddress(hops.pop()?.trim() ?? '');
    if (hop === undefined) break;
    client = hop;
  }
  return client;
}

/** @param address plain, as {@link clientAddress} gives it */
export function isTrustedAddress(address: string, trusted: BlockList): boolean {
  return trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** An address without port, brackets and zone, IPv6 in canonical form; an IPv4-mapped one as IPv4 (RFC 4291 §2.5.5.2). */
export function plainAddress(text: string): string | undefined {
  const bare = text
    .replace(/^\[([^\]]+)\](?::\d+)?$/, '$1')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')
    .replace(/%.*$/, '');
  const family = isIP(bare);
  if (family !== 6) return family === 4 ? bare : undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1] ?? address;
}

/** How the client reached us: what a trusted proxy says, else plain HTTP, which is all the edge itself speaks. */
export function forwardedProtocol(
  peer: string | undefined,
  forwardedProto: string | string[] | undefined,
  trusted: BlockList,
): 'http' | 'https' {
  const address = plainAddress(peer ?? '');
  if (address === undefined || !isTrustedAddress(address, trusted)) return 'http';
  const last = String(forwardedProto ?? '')
    .split(',')
    .at(-1)
    ?.trim()
    .toLowerCase();
  return last === 'https' ? 'https' : 'http';
}
