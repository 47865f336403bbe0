import { BlockList, isIP } from 'node:net';

/** A list of networks; a single address is a network of its own. */
export function networkList(cidrs: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(prefix), family);
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
  while (hops.length > 0 && isTrusted(client, trusted)) {
    const hop = plainAddress(hops.pop()?.trim() ?? '');
    if (hop === undefined) break;
    client = hop;
  }
  return client;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  return trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** An address without port, brackets and zone; an IPv4-mapped one as IPv4 (RFC 4291 §2.5.5.2). */
function plainAddress(text: string): string | undefined {
  const bare = text
    .replace(/^\[([^\]]+)\](?::\d+)?$/, '$1')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')
    .replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(bare)?.[1] ?? bare;
  return isIP(mapped) === 0 ? undefined : mapped.toLowerCase();
}
