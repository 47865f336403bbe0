import { AppError, type ErrorCode } from '../kernel/errors.ts';
import type { Refusal } from './session-policy.ts';

/** 4yz: the client keeps the mail and comes again (RFC 5321 §4.2.1); enhanced codes of RFC 3463. */
const REPLIES: Record<ErrorCode, { code: number; enhanced: string }> = {
  'invalid-input': { code: 550, enhanced: '5.6.0' },
  unauthenticated: { code: 530, enhanced: '5.7.0' },
  forbidden: { code: 550, enhanced: '5.7.1' },
  'not-found': { code: 550, enhanced: '5.1.1' },
  conflict: { code: 554, enhanced: '5.6.0' },
  gone: { code: 550, enhanced: '5.1.1' },
  'too-large': { code: 552, enhanced: '5.3.4' },
  'rate-limited': { code: 451, enhanced: '4.7.0' },
  misconfigured: { code: 451, enhanced: '4.3.5' },
  'storage-full': { code: 452, enhanced: '4.3.1' },
  unavailable: { code: 451, enhanced: '4.3.0' },
  internal: { code: 451, enhanced: '4.3.0' },
};

/** What a client is told of an error: intended ones in their words, others not at all. */
export function replyTo(error: unknown): Refusal {
  if (!(error instanceof AppError)) {
    return { code: 451, enhanced: '4.3.0', text: 'The mail could not be taken now. Try again later.' };
  }
  return { ...REPLIES[error.code], text: error.message };
}
