import type { ByteSource } from './byte-source.ts';
import { fieldValue } from './mime-header.ts';
import type { Entity } from './mime-scan.ts';

/**
 * Whether From and To are written as hardly any mail program does: the name run on to its address, and a bare recipient.
 * SpamAssassin takes an address inside an address for a sign of spam in such mail, and only there
 * (PDS_DBL_URL_TNB_RUNON, +1). A tracked link carries its destination, so links are left there.
 */
export function isSuspectedSender(message: ByteSource, { header: { fields } }: Entity): boolean {
  const from = fields.find(({ name }) => name === 'from');
  if (from === undefined || !/\S<\w+/.test(fieldValue(message, from))) return false;
  const recipients = fields.filter(({ name }) => name === 'to').map((field) => fieldValue(message, field));
  return recipients.length > 0 && !recipients.some((value) => /[<>]/.test(value));
}
