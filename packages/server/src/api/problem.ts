import type { Problem } from '@waybill/sdk';
import type { FastifyError } from 'fastify';
import { AppError, type ErrorCode } from '../kernel/errors.ts';

interface Kind {
  status: number;
  title: string;
}

/** The only place where error codes become HTTP statuses. */
const KINDS: Record<ErrorCode, Kind> = {
  'invalid-input': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  gone: { status: 410, title: 'Gone' },
  'too-large': { status: 413, title: 'Too large' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  misconfigured: { status: 503, title: 'Not configured for this' },
  'storage-full': { status: 507, title: 'Storage is full' },
  unavailable: { status: 503, title: 'Not available now' },
  internal: { status: 500, title: 'Something went wrong' },
};

export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
}

/** Never tells a stranger what went wrong inside: only AppErrors speak for themselves. */
export function problemOf(error: unknown): ProblemAnswer {
  if (error instanceof AppError) return fromAppError(error);
  const { statusCode, code } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return answer(413, 'too-large', 'Too large', 'The body of the request is too large.');
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return answer(
      415,
      'unsupported-media-type',
      'Unsupported media type',
      'Send the body as JSON, with the header Content-Type: application/json.',
    );
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return answer(statusCode, 'invalid-input', 'The request is not valid', 'The request cannot be read.');
  }
  return answer(
    500,
    'internal',
    KINDS.internal.title,
    'The server made a mistake. Nothing you did; try again.',
  );
}

export function methodNotAllowed(method: string, allowed: readonly string[]): ProblemAnswer {
  const methods = allowed.join(', ');
  return answer(
    405,
    'method-not-allowed',
    'Method not allowed',
    `${method} is not possible here, only ${methods}.`,
    { allow: methods },
  );
}

function fromAppError(error: AppError): ProblemAnswer {
  const { status, title } = KINDS[error.code];
  const headers: Record<string, string> = {};
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="Waybill"';
  const retryAfter = error.details['retryAfterSeconds'];
  if (typeof retryAfter === 'number') headers['retry-after'] = String(retryAfter);
  // What went wrong inside stays inside; the log has it.
  const detail = error.code === 'internal' ? 'The server made a mistake. Try again.' : error.message;
  const built = answer(status, error.code, title, detail, headers);
  if (error.fields.length > 0) built.problem.errors = [...error.fields];
  return built;
}

function answer(
  status: number,
  code: string,
  title: string,
  detail: string,
  headers: Record<string, string> = {},
): ProblemAnswer {
  return { problem: { type: 'about:blank', title, status, detail, code }, headers };
}
