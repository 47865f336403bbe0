import type { Listen } from '../config/setting-kinds.ts';
import { isLoopbackHost } from '../relay/relay.ts';

/** Whether nobody but this machine reaches any of the listeners, of which at least one is on. */
export function areForThisMachine(listeners: readonly (Listen | undefined)[]): boolean {
  const open = listeners.filter((listener) => listener !== undefined);
  return open.length > 0 && open.every(({ host }) => isLoopbackHost(host));
}
