import type { Mode } from '@waybill/sdk';
import type { Option } from '../design/choice.tsx';

/** The policy modes with what each means for the reader, in plain words. */
export const modes: readonly Option<Mode>[] = [
  {
    value: 'full',
    label: 'Full',
    hint: 'Who opened, when, from where and with what. Addresses of readers are cut short after 30 days, which you can change.',
  },
  {
    value: 'day',
    label: 'Day',
    hint: 'Per recipient, the day of the last opening and nothing else. No time, address, place or program is ever written down.',
  },
  {
    value: 'aggregate',
    label: 'Counts',
    hint: 'How often each message was opened. Nobody can tell by whom, not even you.',
  },
  { value: 'off', label: 'Off', hint: 'No image, plain links. You still see bounces, receipts and answers.' },
];
