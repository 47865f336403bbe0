/**
 * The one error type that features throw on purpose. It knows nothing of HTTP or SMTP:
 * `api/problem.ts` and the relay's listener map codes to statuses.
 */
export type ErrorCode =
  | 'invalid-input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'gone'
  | 'too-large'
  | 'rate-limited'
  | 'misconfigured'
  | 'storage-full'
  | 'unavailable'
  | 'internal';

export class AppError extends Error {
  readonly code: ErrorCode;
  /** Safe to show to whoever caused the error: no secrets, no other tenant's data. */
  readonly details: Readonly<Record<string, unknown>>;
  /** One entry for each invalid field, for `invalid-input`. */
  readonly fields: readonly { field: string; message: string }[];

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown;
      details?: Record<string, unknown>;
      fields?: { field: string; message: string }[];
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
    this.fields = options.fields ?? [];
  }
}
