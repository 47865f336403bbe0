import type { Reason } from '@waybill/sdk';

/** Why a copy carries nothing of ours although its mail could; what the mail itself forbids is in instrument/reasons.ts. */
export const TRACKING_OFF: Reason = {
  code: 'tracking-off',
  text: 'Tracking is off for this mail, so it carries nothing of ours.',
};

export const RECIPIENT_OBJECTED: Reason = {
  code: 'recipient-objected',
  text: 'The recipient objected to tracking, so this copy carries nothing of ours.',
};

export const TRACKING_ADDRESS_LOCAL: Reason = {
  code: 'tracking-address-local',
  text: 'The tracking address can only be reached from this machine, so the mail went out unchanged.',
};

export const INTERNAL_ERROR: Reason = {
  code: 'internal-error',
  text: 'Waybill could not handle this mail, so it went out unchanged.',
};
