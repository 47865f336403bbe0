import type { Reason } from '@waybill/sdk';

/** Why a message is passed on as it came. The codes are stable: other programs read them. */
const TEXTS = {
  signed: 'The message is signed (multipart/signed); any change would break the signature.',
  encrypted: 'The message is encrypted.',
  smime: 'The message is signed or encrypted with S/MIME.',
  'pgp-mime': 'The message carries PGP/MIME parts.',
  'inline-pgp': 'The text is signed or encrypted with PGP.',
  'dkim-signed': 'The message already has a DKIM signature, which a change would break.',
  'arc-sealed': 'The message is part of an ARC chain, which a change would break.',
  report: 'The message is a report of a mail system.',
  calendar: 'The message is a calendar invitation.',
  partial: 'The message is a fragment of another one, or its content is kept elsewhere.',
  'auto-submitted': 'The message was sent by a machine in answer to another one.',
  'null-sender': 'The message has no sender to return to; only mail systems send such mail.',
  'switched-off': 'The sender switched tracking off for this message.',
  'plain-text-only': 'The message has no HTML part, only plain text.',
  checksummed: 'The HTML part carries a checksum (Content-MD5), which a change would break.',
  'no-html-part': 'The message has no text that could carry a pixel or links.',
  'broken-header': 'The message has malformed header lines.',
  'broken-mime': 'The structure of the message is broken.',
  'broken-encoding': 'The HTML part breaks the rules of its transfer encoding.',
  'encoding-unsupported': 'The transfer encoding of the HTML part is unknown.',
  'charset-unsupported': 'The character set of the HTML part cannot be edited safely.',
  'too-many-parts': 'The message has more than 1,000 parts.',
  'too-deep': 'The parts of the message are nested more than 64 deep.',
  'no-disclosure-place': 'The message has no place for the disclosure line that was asked for.',
  'spam-care':
    'The message is short and has images: tracking would make it weigh more with spam filters (WAYBILL_SPAM_CARE).',
  'nothing-to-do': 'The message has no place for a pixel and no links to track.',
} satisfies Record<string, string>;

export type ReasonCode = keyof typeof TEXTS;

export function reason(code: ReasonCode): Reason {
  return { code, text: TEXTS[code] };
}

/** Every reason there is, for documentation and tests. */
export function allReasons(): Reason[] {
  return (Object.keys(TEXTS) as ReasonCode[]).map(reason);
}
