import { randomBytes, randomUUID } from 'node:crypto';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Unsigned 32-bit, non-zero; part of every token. */
export type WorkspaceId = Branded<number, 'WorkspaceId'>;
/** 128 random bits in 32 lower-case hex digits. */
export type MessageId = Branded<string, 'MessageId'>;
/** 128 random bits in 32 lower-case hex digits; never shown, it is inside the token. */
export type DeliveryId = Branded<string, 'DeliveryId'>;
/** Canonical `WB-XXXX-XXXX-XXXC`. */
export type TrackingNumber = Branded<string, 'TrackingNumber'>;

/** Source of randomness: `n` cryptographically random bytes. */
export type RandomBytes = (n: number) => Uint8Array;
export const systemRandom: RandomBytes = (n) => randomBytes(n);

export function newHexId128(random: RandomBytes = systemRandom): string {
  return Buffer.from(random(16)).toString('hex');
}

export function newMessageId(random?: RandomBytes): MessageId {
  return newHexId128(random) as MessageId;
}

export function newDeliveryId(random?: RandomBytes): DeliveryId {
  return newHexId128(random) as DeliveryId;
}

export function newWorkspaceId(random: RandomBytes = systemRandom): WorkspaceId {
  const value = Buffer.from(random(4)).readUInt32BE(0);
  return (value === 0 ? 1 : value) as WorkspaceId;
}

/** For rows that no token carries (keys, channels, rules, outbox rows). */
export function newRowId(): string {
  return randomUUID();
}
