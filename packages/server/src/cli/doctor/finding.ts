/** `unknown`: nothing speaks against it, and this machine cannot know more. */
export type Level = 'ok' | 'warning' | 'problem' | 'unknown';

/** One thing that was looked at. */
export interface Finding {
  /** A word or two, as `data directory`. */
  topic: string;
  level: Level;
  /** What is so, in one sentence without a full stop. */
  text: string;
  /** What to do about it; with warnings and problems always. */
  advice?: string;
}

/** Whatever goes wrong in looking is a finding, too. */
export async function look(topic: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    const text = `this could not be looked at: ${(error as Error).message}`;
    return [{ topic, level: 'warning', text, advice: 'Mend that first, then call the doctor again.' }];
  }
}

/** @throws Error when it takes longer */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1_000} s`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
