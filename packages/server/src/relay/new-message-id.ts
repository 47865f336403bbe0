import type { RandomBytes } from '../kernel/ids.ts';

/** @param from the sender's address, whose domain the id gets */
export function newMessageIdHeader(from: string, random: RandomBytes): string {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? 'waybill.invalid';
  return `<${Buffer.from(random(16)).toString('hex')}@${domain}>`;
}
