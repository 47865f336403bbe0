import type { Problem } from '@waybill/sdk';

/** A refusal or failure of the API, as RFC 9457 problem details. `status` 0: no answer at all. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  /** What is wrong with one field of the request, if anything. */
  field(name: string): string | undefined {
    return this.problem.errors?.find((error) => error.field === name)?.message;
  }
}

const unreachable: Problem = {
  type: 'about:blank',
  title: 'Waybill does not answer',
  status: 0,
  code: 'unreachable',
  detail:
    'The page could not reach the server. Pixels and links in your mails work on their own, and what they see is kept.',
};

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/**
 * One call of the API on this origin, with the session's cookie.
 * @throws ApiProblem for every answer that is no success, and when there is no answer.
 */
export async function request<T>(
  method: Method,
  path: string,
  body?: unknown,
  options: { signal?: AbortSignal; idempotencyKey?: string } = {},
): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    throw new ApiProblem(unreachable);
  }
  if (!response.ok) throw new ApiProblem(await problemOf(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: 'about:blank',
    title: 'Something went wrong',
    status: response.status,
    code: 'internal',
    detail: `The server answered with status ${response.status}.`,
  };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

/** A query string without the empty values; begins with `?` unless nothing is left. */
export function queryString(values: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** `crypto.randomUUID` exists in secure contexts only, and a plain-HTTP intranet is none. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
