import type { Problem } from './types.ts';

/**
 * Any call that did not succeed. `code` is the server's, or `unreachable` when no server answered and `unexpected`
 * when something else than Waybill did.
 */
export class WaybillError extends Error {
  /** RFC 9457; made up here when there was no server to say it. */
  readonly problem: Problem;

  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(problem.detail, options);
    this.name = 'WaybillError';
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }

  /** HTTP status; 0 when no server answered. */
  get status(): number {
    return this.problem.status;
  }
}

/** The error that an answer stands for. */
export async function errorOf(response: Response): Promise<WaybillError> {
  const body: unknown = await response.json().catch(() => undefined);
  if (isProblem(body)) return new WaybillError(body);
  const said = `${response.status} ${response.statusText}`.trim();
  return unexpected(response.status, `${response.url} answered ${said}, which is not an answer of Waybill.`);
}

export function unexpected(status: number, detail: string, cause?: unknown): WaybillError {
  const problem: Problem = {
    type: 'about:blank',
    title: 'Unexpected answer',
    status,
    detail,
    code: 'unexpected',
  };
  return new WaybillError(problem, { cause });
}

export function unreachable(url: string, cause: unknown): WaybillError {
  const detail = `${url} cannot be reached${reasonOf(cause)}.`;
  const problem: Problem = {
    type: 'about:blank',
    title: 'No server',
    status: 0,
    detail,
    code: 'unreachable',
  };
  return new WaybillError(problem, { cause });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.name === 'TimeoutError') return ': it did not answer in time';
  if (!(error.cause instanceof Error)) return '';
  return ` (${'code' in error.cause ? String(error.cause.code) : error.cause.message})`;
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'detail' in body &&
    typeof body.detail === 'string' &&
    'status' in body &&
    typeof body.status === 'number'
  );
}
