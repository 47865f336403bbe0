import { AppError } from '../kernel/errors.ts';
import type { TimePosition } from '../stats/stats.ts';

/** Cursors are opaque to callers: base64url of a small JSON array. They hold nothing secret. */
export function encodeCursor(position: TimePosition): string;
export function encodeCursor(position: TimePosition | undefined): string | null;
export function encodeCursor(position: TimePosition | undefined): string | null {
  return position === undefined
    ? null
    : Buffer.from(JSON.stringify([position.at, position.key])).toString('base64url');
}

/** @throws AppError `invalid-input` when it is no cursor of ours */
export function decodeCursor(cursor: string | undefined): TimePosition | undefined {
  if (cursor === undefined) return undefined;
  const value = parse(cursor);
  if (Array.isArray(value) && value.length === 2) {
    const [at, key] = value as unknown[];
    if (Number.isSafeInteger(at) && typeof key === 'string' && key.length <= 400) {
      return { at: at as number, key };
    }
  }
  throw notOfThisListing();
}

/** As {@link decodeCursor}, of a listing whose keys are positions. */
export function decodePlace(cursor: string | undefined): TimePosition | undefined {
  const place = decodeCursor(cursor);
  if (place !== undefined && !/^\d{1,15}$/.test(place.key)) throw notOfThisListing();
  return place;
}

function notOfThisListing(): AppError {
  return new AppError('invalid-input', 'cursor: this is not a cursor of this listing.', {
    fields: [{ field: 'cursor', message: 'is not a cursor of this listing' }],
  });
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
