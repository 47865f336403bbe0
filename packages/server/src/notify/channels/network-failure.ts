import { AppError } from '../../kernel/errors.ts';
import type { SendResult } from './channel.ts';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection off',
  ENOTFOUND: 'has a host name that does not exist',
  EAI_AGAIN: 'has a host name that could not be looked up',
  ETIMEDOUT: 'did not answer in time',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  CERT_HAS_EXPIRED: 'has an expired certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that nobody vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate that nobody vouches for',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate that nobody vouches for',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  EPROTO: 'does not speak TLS there',
};

/** An error of {@link OutboundHttp.post} in words. Only a target that may never be reached is permanent. */
export function networkFailure(error: unknown, target: string): Extract<SendResult, { ok: false }> {
  if (error instanceof AppError) {
    return { ok: false, permanent: error.code === 'forbidden', detail: `${target}: ${error.message}` };
  }
  const code = codeOf(error);
  const words = WORDS[code] ?? (code === '' ? 'did not answer in time' : `could not be reached (${code})`);
  return { ok: false, permanent: false, detail: `${target} ${words}.` };
}

/** With several addresses of one host, Node gives an AggregateError; the first tells enough. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
