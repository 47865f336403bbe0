import { openBase64 } from './base64.ts';
import type { EncodedBody, OpenedPart } from './encoded-body.ts';
import { openQuotedPrintable } from './quoted-printable.ts';
import type { ReasonCode } from './reasons.ts';
import { openUnencoded } from './unencoded.ts';

/** @param encoding Content-Transfer-Encoding, lower case (RFC 2045 §6) */
export function openPart(body: EncodedBody, encoding: string): OpenedPart | ReasonCode {
  switch (encoding) {
    case '7bit':
    case '8bit':
    case 'binary':
      return openUnencoded(body);
    case 'quoted-printable':
      return openQuotedPrintable(body);
    case 'base64':
      return openBase64(body);
    default:
      return 'encoding-unsupported';
  }
}
