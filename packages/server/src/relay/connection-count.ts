import { clientGroup } from '../kernel/client-group.ts';
import type { Refusal } from './session-policy.ts';
import { isLoopbackHost } from './way-out.ts';

/** Open connections, over all listeners that share the count. */
export class ConnectionCount {
  readonly #limits: { total: number; perAddress: number };
  readonly #countLoopback: boolean;
  readonly #byClient = new Map<string, number>();
  #total = 0;

  /** @param countLoopback also programs on this machine have a limit per address */
  constructor(limits: { total: number; perAddress: number; countLoopback?: boolean }) {
    this.#limits = limits;
    this.#countLoopback = limits.countLoopback ?? false;
  }

  /**
   * Counts the connection until `release` is called, once or more often.
   * @param trusted a mail server of our own network, which may have as many as there are
   */
  open(address: string, trusted = false): { release: () => void } | { refusal: Refusal } {
    if (this.#total >= this.#limits.total) {
      return { refusal: refusal('4.3.2', 'Too many connections. Try again in a moment.') };
    }
    const client = clientGroup(address);
    const counts = !trusted && (this.#countLoopback || !isLoopbackHost(address));
    const open = this.#byClient.get(client) ?? 0;
    if (counts && open >= this.#limits.perAddress) {
      return {
        refusal: refusal('4.7.0', 'Too many connections from your address. Close one of them first.'),
      };
    }
    this.#total += 1;
    if (counts) this.#byClient.set(client, open + 1);
    let isOpen = true;
    const release = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#total -= 1;
      if (!counts) return;
      const left = (this.#byClient.get(client) ?? 1) - 1;
      if (left === 0) this.#byClient.delete(client);
      else this.#byClient.set(client, left);
    };
    return { release };
  }
}

function refusal(enhanced: string, text: string): Refusal {
  return { code: 421, enhanced, text };
}
