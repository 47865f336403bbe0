import { AppError } from '../kernel/errors.ts';

/** Tells trouble of our own store apart from that of the mail server. @throws AppError `unavailable` */
export async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const text = 'What is found in the mailbox cannot be stored at the moment.';
    throw new AppError('unavailable', text, { cause });
  }
}
