import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';

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
/** Asks the system for many bytes at once: a mail needs a few each for a dozen names. */
export const systemRandom: RandomBytes = pooled(4096);

function pooled(poolBytes: number): RandomBytes {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (n) => {
    if (n > poolBytes) return randomBytes(n);
    if (used + n > pool.length) {
      pool = randomBytes(poolBytes);
      used = 0;
    }
    const bytes = Uint8Array.prototype.slice.call(pool, used, used + n);
    // What was given out is nobody else's.
    pool.fill(0, used, used + n);
    used += n;
    return bytes;
  };
}

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

/**
 * For rows that no token carries (queue, contents, events, keys, channels, rules, outbox). Begins with the time (RFC 9562 §5.7), so that new
 * rows stand together in an index: a random one makes each of thousands of inserts touch another page.
 */
export function newRowId(): string {
  return randomUUIDv7();
}

/** For rows of which only the day may be kept: random alone (RFC 9562 §5.4), since the time in the other's would tell the moment. */
export function newTimelessRowId(): string {
  return randomUUID();
}
