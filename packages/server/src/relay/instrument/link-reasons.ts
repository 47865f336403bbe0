import type { Reason } from '@waybill/sdk';

/** Why a link of a mail that is tracked stays as it is. The codes are stable: other programs read them. */
const TEXTS = {
  mailto: 'The link writes a mail.',
  'in-page': 'The link leads to a place in the mail itself.',
  empty: 'The link leads nowhere.',
  'not-web': 'The link does not lead to a web page.',
  placeholder: 'A later step is to fill in the address of the link.',
  malformed: 'The address of the link is broken, or not every program would read it the same way.',
  unsubscribe: 'The link is for leaving a list.',
  'shows-address': 'The link shows an address, and would seem to lead somewhere else.',
  marked: 'The author marked the link as not to be tracked.',
  'already-tracked': 'The link is tracked already.',
  'cut-address': 'The address in the text is broken over lines, so it may be longer than can be seen.',
  'too-long': 'The tracked address would be longer than some programs take.',
  'too-many-links': 'The mail has more links than anybody looks at.',
  'spam-short-mail':
    'The mail is short and has images: spam filters would weigh its images more if this link were longer.',
  'spam-sender-form':
    'The name in From runs on to its address: spam filters mistrust tracked links in mail that is written like that.',
} satisfies Record<string, string>;

export type LinkReasonCode = keyof typeof TEXTS;

export function linkReason(code: LinkReasonCode): Reason {
  return { code, text: TEXTS[code] };
}

/** Of a stored code, which a newer version may have written. */
export function reasonOfLinkLeft(code: string): Reason {
  return isKnown(code) ? linkReason(code) : { code, text: 'The link is not tracked.' };
}

function isKnown(code: string): code is LinkReasonCode {
  return Object.hasOwn(TEXTS, code);
}

/** Every reason there is, for documentation and tests. */
export function allLinkReasons(): Reason[] {
  return (Object.keys(TEXTS) as LinkReasonCode[]).map(linkReason);
}
