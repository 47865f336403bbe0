import { pino, type Logger as PinoLogger } from 'pino';

/** Structured logs: a static message and fields; never addresses, tokens or secrets at info level. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Logger;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on standard error, so that standard output stays for people and pipes. */
export function createLogger(level: LogLevel, room: string): Logger {
  return pino({ level, base: { room } }, pino.destination({ fd: 2, sync: true }));
}

export const silentLogger: Logger = pino({ level: 'silent' }, { write: () => {} });
