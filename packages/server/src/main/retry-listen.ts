import { setTimeout as sleep } from 'node:timers/promises';
import type { Listen } from '../config/setting-kinds.ts';
import { AppError } from '../kernel/errors.ts';

const PATIENCE_MS = 3_000;
const PAUSE_MS = 50;

/**
 * Binds a listener. A predecessor that is just draining may still hold the port, so `EADDRINUSE` is tried again
 * for three seconds.
 * @param setting name of the setting that chose the address, for the message
 * @throws AppError `misconfigured` that says what to do
 */
export async function retryListen<T>(
  setting: string,
  listen: Listen,
  bind: (listen: Listen) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await bind(listen);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && Date.now() < deadline) {
        await sleep(PAUSE_MS);
        continue;
      }
      const advice = ADVICE[code ?? ''];
      if (advice === undefined) throw error;
      throw new AppError('misconfigured', `${listen.host}:${listen.port} ${advice} Or set ${setting}.`, {
        cause: error,
      });
    }
  }
}

const ADVICE: Record<string, string> = {
  EADDRINUSE: 'is in use by another program. Stop that program.',
  EACCES: 'may not be listened on by this user. Ports below 1024 need a privilege.',
  EADDRNOTAVAIL: 'is not an address of this machine.',
};
