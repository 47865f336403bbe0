import type { VerdictState } from '@waybill/sdk';

const group = (label: string, states: VerdictState[]) => ({ value: states.join(','), label });

/** What one looks for in a list of mails; the value is the API's `state`, several joined by commas. */
export const filters = [
  { value: '', label: 'All' },
  group('Read', ['probably-read', 'read', 'clicked', 'replied']),
  group('Machines only', ['loaded']),
  group('No sign', ['queued', 'captured', 'sent', 'delivered']),
  group('Trouble', ['failed', 'bounced', 'objected']),
];
