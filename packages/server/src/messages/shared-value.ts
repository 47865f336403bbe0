/**
 * What thousands of hits and events have alike is kept once. They are made from messages of other threads, in which each has
 * its own copy of everything.
 */
const KEPT = 2_000;
const values = new Map<string, object>();
const texts = new Map<string, string>();

/** @returns a value that reads the same as JSON and may be that of others: nobody may change it */
export function sharedValue<T extends object>(value: T): T {
  const text = JSON.stringify(value);
  const known = values.get(text);
  if (known !== undefined) return known as T;
  if (values.size >= KEPT) values.clear();
  values.set(text, Object.freeze(value));
  return value;
}

/** @returns the same text, which may be that of others */
export function sharedText<T extends string>(text: T): T {
  const known = texts.get(text);
  if (known !== undefined) return known as T;
  if (texts.size >= KEPT) texts.clear();
  texts.set(text, text);
  return text;
}
