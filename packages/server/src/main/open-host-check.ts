import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { HostCheck, type Timeline } from '../messages/messages.ts';
import { SystemReverseNames } from '../storage/reverse-names.ts';
import type { Lookup } from '../truth/truth.ts';

/** Kinds of networks of which nothing more can be learnt by a name, or nobody may ask. */
const KNOWN = new Set(['local', 'privacy-relay', 'image-proxy']);

export function openHostCheck(dependencies: {
  timeline: Timeline;
  lookup: Lookup;
  clock: Clock;
  logger: Logger;
}): HostCheck {
  const { lookup } = dependencies;
  return new HostCheck({
    ...dependencies,
    names: new SystemReverseNames(),
    isWorth: (ip) => !KNOWN.has(lookup.network(ip).kind ?? 'unknown') && lookup.ranges(ip).length === 0,
  });
}
