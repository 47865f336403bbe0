import { reportAddress } from './address.ts';
import { parseFields } from './header-fields.ts';
import type { Disposition, ReportRecipient } from './report.ts';

/** A receipt: RFC 8098, in all forms that mail systems give it. */
export interface Receipt {
  recipient: ReportRecipient | undefined;
  /** Of `Original-Message-ID`. */
  originalMessageId: string | undefined;
}

const DISPOSITIONS: readonly string[] = [
  'displayed',
  'deleted',
  'denied',
  'dispatched',
  'processed',
] satisfies Disposition[];

/** Reads `message/disposition-notification`. Of fields that are there twice the first one counts. */
export function parseDisposition(text: string): Receipt {
  const lines = text.split('\n', 500).filter((line) => line.trim() !== '');
  const fields = parseFields(lines);
  const address =
    reportAddress(fields.first('final-recipient')) ?? reportAddress(fields.first('original-recipient'));
  const originalMessageId = fields.first('original-message-id');
  if (address === undefined) return { recipient: undefined, originalMessageId };
  const recipient: ReportRecipient = { address };
  const original = reportAddress(fields.first('original-recipient'));
  if (original !== undefined && original.toLowerCase() !== address.toLowerCase())
    recipient.originalAddress = original;
  readDisposition(fields.first('disposition') ?? '', recipient);
  const trouble = ['failure', 'error', 'warning']
    .map((name) => fields.first(name))
    .find((value) => value !== undefined);
  if (trouble !== undefined && trouble !== '') recipient.diagnostic = trouble.slice(0, 500);
  return { recipient, originalMessageId };
}

/**
 * `action-mode/sending-mode; type/modifiers`. The action mode tells whether a person acted; how the receipt was sent
 * is another matter (Delta Chat sends it by itself when a person has read).
 */
function readDisposition(value: string, recipient: ReportRecipient): void {
  const [modes = '', types = ''] = value.toLowerCase().split(';', 2);
  const type = /[a-z]+/.exec(types === '' ? modes : types)?.[0];
  if (type !== undefined && DISPOSITIONS.includes(type)) recipient.disposition = type as Disposition;
  if (modes.includes('automatic-action')) recipient.automatic = true;
  else if (modes.includes('manual-action')) recipient.automatic = false;
}
