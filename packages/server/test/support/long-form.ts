/** `npm run test:faults -- --long`: hundreds of repetitions and whole minutes, where the usual tests take a few. */
export const isLong = process.env['WAYBILL_TEST_LONG'] === '1';

/** What a test of the fault suite does in its short and its long form. */
export function shortOrLong<T>(short: T, long: T): T {
  return isLong ? long : short;
}
