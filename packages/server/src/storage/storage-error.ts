import { AppError } from '../kernel/errors.ts';

/** Extended result codes of SQLite (https://sqlite.org/rescode.html); the low byte is the primary one. */
const BUSY = 5;
const FULL = 13;
const CANTOPEN = 14;
/** Its shared memory could not grow: so it shows on a full disk before SQLITE_FULL does. */
const IOERR_SHMSIZE = 4874;
/** When to come again, seconds. */
const RETRY_SECONDS = 5;

/** An error of the embedded engine. */
export class SqliteError extends Error {
  readonly errcode: number;
  constructor(message: string, errcode: number) {
    super(message);
    this.name = 'SqliteError';
    this.errcode = errcode;
  }
}

/** What the user can do something about, in words; everything else as it is. */
export function fromSqlite(error: SqliteError): Error {
  const primary = error.errcode & 0xff;
  if (primary === BUSY) {
    return unavailable('The database is locked by another program. Try again in a moment.', error);
  }
  if (primary === FULL || primary === CANTOPEN || error.errcode === IOERR_SHMSIZE) return full(error);
  return error;
}

/** The same for PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html) and the way to it. */
export function fromPostgres(error: unknown): unknown {
  const { code = '' } = error as { code?: unknown };
  if (typeof code !== 'string') return error;
  if (code === '53100') return full(error);
  const isAway = /^(?:08|57P0|53[0-9]00$|55P03$|ECONN|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$|EHOSTUNREACH$)/;
  const hasLostIt = error instanceof Error && /^Connection terminated|^timeout e/.test(error.message);
  if (!isAway.test(code) && !hasLostIt) return error;
  return unavailable('The database server cannot be reached now. Try again in a moment.', error);
}

/** The thread died; the next call finds a new one. */
export function threadEnded(cause: unknown): Error {
  return unavailable('The database was interrupted. Try again.', cause);
}

function unavailable(message: string, cause: unknown): AppError {
  return new AppError('unavailable', message, { cause, details: { retryAfterSeconds: RETRY_SECONDS } });
}

function full(cause: unknown): AppError {
  return new AppError(
    'storage-full',
    'The disk of the server is full. Nothing was stored; try again later.',
    {
      cause,
      details: { retryAfterSeconds: RETRY_SECONDS },
    },
  );
}
