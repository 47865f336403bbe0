import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { ReverseNames } from '../messages/messages.ts';
import { parseAddress } from '../truth/truth.ts';

/** One question to a server may take so long; with the way back an address takes at most twice that. */
const PATIENCE_MS = 2000;
/** An address with more names is a web host's, whose names say nothing. */
const MOST_NAMES = 4;

/** Reverse names by the system's resolver, or by those given (`address` or `address:port`). */
export class SystemReverseNames implements ReverseNames {
  readonly #resolver: Resolver;

  constructor({
    servers,
    timeoutMs = PATIENCE_MS,
  }: { servers?: readonly string[]; timeoutMs?: number } = {}) {
    this.#resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    if (servers !== undefined) this.#resolver.setServers([...servers]);
  }

  async confirmed(ip: string): Promise<readonly string[]> {
    const names = await this.#resolver.reverse(ip).catch(() => []);
    const leadBack = await Promise.all(
      names.slice(0, MOST_NAMES).map(async (name) => ((await this.#leadsTo(name, ip)) ? [name] : [])),
    );
    return leadBack.flat();
  }

  async #leadsTo(name: string, ip: string): Promise<boolean> {
    const addresses = await (
      isIPv6(ip) ? this.#resolver.resolve6(name) : this.#resolver.resolve4(name)
    ).catch(() => []);
    const wanted = parseAddress(ip)?.words.join(' ');
    return addresses.some((address) => parseAddress(address)?.words.join(' ') === wanted);
  }
}
