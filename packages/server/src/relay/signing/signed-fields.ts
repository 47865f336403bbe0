import type { HeaderField } from '../header-block.ts';

/**
 * What is signed, and when once more often than it is there, so that nobody can add another one on the way
 * (RFC 6376 §5.4.2, §8.15): `always` also when there is none, `present` when there is one. Date, Message-ID and the
 * MIME fields are put in by relays where they are missing; Sender and the List fields by mailing lists.
 */
const SIGNED: Readonly<Record<string, 'always' | 'present' | 'as-is'>> = {
  from: 'always',
  'reply-to': 'always',
  subject: 'always',
  to: 'always',
  cc: 'always',
  date: 'present',
  'message-id': 'present',
  'in-reply-to': 'present',
  references: 'present',
  'mime-version': 'present',
  'content-type': 'present',
  'content-transfer-encoding': 'present',
  'content-disposition': 'present',
  'content-id': 'present',
  'content-description': 'present',
  'content-language': 'present',
  sender: 'present',
  'auto-submitted': 'present',
  'disposition-notification-to': 'present',
  'feedback-id': 'present',
  'list-unsubscribe': 'present',
  'list-unsubscribe-post': 'present',
  'list-id': 'as-is',
  'list-help': 'as-is',
  'list-subscribe': 'as-is',
  'list-post': 'as-is',
  'list-owner': 'as-is',
  'list-archive': 'as-is',
  'resent-date': 'as-is',
  'resent-from': 'as-is',
  'resent-sender': 'as-is',
  'resent-to': 'as-is',
  'resent-cc': 'as-is',
  'resent-message-id': 'as-is',
};

export interface SignedFields {
  /** Of the `h=` tag, in this order. */
  names: string[];
  /** The fields that are there, in the order of their names; of several with one name the lowest first (§5.4.2). */
  fields: HeaderField[];
}

export function signedFields(fields: readonly HeaderField[]): SignedFields {
  const names: string[] = [];
  const signed: HeaderField[] = [];
  for (const [name, when] of Object.entries(SIGNED)) {
    const present = fields.filter((field) => field.name === name).reverse();
    signed.push(...present);
    names.push(...present.map(() => name));
    if (when === 'always' || (when === 'present' && present.length > 0)) names.push(name);
  }
  return { names, fields: signed };
}
