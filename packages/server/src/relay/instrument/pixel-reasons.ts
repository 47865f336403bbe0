import type { Reason } from '@waybill/sdk';

/** Why a mail that may be tracked has no pixel. The codes are stable: other programs read them. */
const TEXTS = {
  'no-place': 'The mail has no place where an image may stand.',
  'no-html': 'The mail has no HTML that could carry an image.',
  'spam-short-mail':
    'The mail is short and has images: spam filters would weigh its images more with one more (WAYBILL_SPAM_CARE).',
} satisfies Record<string, string>;

export type PixelReasonCode = keyof typeof TEXTS;

export function pixelReason(code: PixelReasonCode): Reason {
  return { code, text: TEXTS[code] };
}
