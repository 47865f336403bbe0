/** What is taken at return paths, and who gets it then: decisions without sockets and stores. */
import { rawValue, readHeaderBlock } from './header-block.ts';
import type { Refusal } from './session-policy.ts';

/** Where nobody is, and where only a forged return path leads: the same reply, so that nothing can be tried out. */
export const NO_SUCH_ADDRESS: Refusal = {
  code: 550,
  enhanced: '5.1.1',
  text: 'There is no such address here.',
};

export const LOOP: Refusal = {
  code: 554,
  enhanced: '5.4.6',
  text: 'The mail was here before: it goes round in a loop.',
};

/** What a report said of a delivery. */
export interface ReportedOutcome {
  kind: string;
  /** `Action` of RFC 3464 */
  action: string | undefined;
}

/**
 * Whether the sender gets what came to their return path, as they would have without Waybill: bounces unless their
 * NOTIFY (RFC 3461 §4.1) said no, confirmations only if it asked for them, and everything that is no report.
 * @param notify as the sender gave it, null when they did not
 */
export function isForSender({ kind, action }: ReportedOutcome, notify: string | null): boolean {
  const wanted = notify?.split(',').map((word) => word.trim().toUpperCase());
  if (kind === 'dsn' || kind === 'bounce') {
    if (wanted?.includes('NEVER') === true) return false;
    switch (action) {
      case 'delivered':
      case 'relayed':
      case 'expanded':
        return wanted?.includes('SUCCESS') === true;
      case 'delayed':
        return wanted === undefined || wanted.includes('DELAY');
      default:
        return wanted === undefined || wanted.includes('FAILURE');
    }
  }
  // Only Waybill asks for receipts to a return path. One that refuses the mail is a bounce by another name.
  return kind !== 'mdn' || action === 'failed';
}

/** Whether a message bears the mark of having been at this address (RFC 9228). */
export function wasDeliveredTo(raw: Uint8Array, address: string): boolean {
  return readHeaderBlock(raw).fields.some(
    (field) => field.name === 'delivered-to' && rawValue(raw, field).toLowerCase() === address.toLowerCase(),
  );
}
