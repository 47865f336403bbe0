import { addressOf } from './address.ts';
import { parseFields } from './header-fields.ts';

/** A complaint: ARF (RFC 5965) and its extensions (RFC 6591). */
export interface Feedback {
  type: string | undefined;
  /** Whose mail it was. */
  addresses: string[];
  originalEnvelopeId: string | undefined;
}

/** Names put in the place of a name (RFC 6590). */
const REDACTED = /^(?:redacted|undisclosed|hidden|removed|anonymous|x{4,})@/i;

/** Reads `message/feedback-report`. */
export function parseFeedback(text: string): Feedback {
  const fields = parseFields(text.split('\n', 2000).filter((line) => line.trim() !== ''));
  const named = [
    ...fields.all('original-rcpt-to'),
    ...fields.all('removal-recipient'),
    ...fields.all('redacted-address'),
  ];
  return {
    type: /^[\w-]{1,40}/.exec(fields.first('feedback-type') ?? '')?.[0].toLowerCase(),
    addresses: named
      .map(addressOf)
      .filter((address) => address !== undefined)
      .filter((address) => !REDACTED.test(address)),
    originalEnvelopeId: fields.first('original-envelope-id'),
  };
}
