import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ROOT } from './root.mjs';
import { starterIsThere } from './starter.mjs';

const STARTER_POLL_MS = 500;

/**
 * Runs the program this launcher is for, with the launcher's own standard streams, and waits for it.
 *
 * Signals are passed on. On a terminal Ctrl-C reaches the program directly, so that one is not; a server takes
 * SIGTERM any number of times, so it always gets that. When whoever started the launcher is gone (npm killed by a
 * supervisor, say), the program is ended too, for nobody would be left to stop it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, isServer?: boolean }} [options] a server gets an IPC channel, whose end
 *   tells it that the launcher has died
 * @returns {Promise<number>} its exit status; 128 and the signal's number when a signal ended it
 */
export function runChild(command, args, { env = process.env, isServer = false } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env,
    stdio: isServer ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  });
  const isTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  process.on('SIGINT', () => {
    if (isServer) child.kill('SIGTERM');
    else if (!isTerminal) child.kill('SIGINT');
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill(isServer ? 'SIGTERM' : 'SIGHUP'));

  const watch = setInterval(() => {
    if (starterIsThere()) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, STARTER_POLL_MS);
  watch.unref();

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}
