import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { takeLock } from './lock.mjs';
import { ROOT, STATE_DIR } from './root.mjs';

/**
 * @typedef {object} Step One thing that must be there before a command can run.
 * @property {string} name shown while it runs
 * @property {() => boolean} isNeeded must be fast: it is asked at every start
 * @property {(tools: Tools) => Promise<string | void>} run makes it; may say a word about the outcome.
 *   Must leave `isNeeded` true when it is interrupted anywhere.
 *
 * @typedef {object} Tools
 * @property {(command: string, args: string[], options?: ToolOptions) => Promise<string>} tool runs a program, its
 *   output going to the log; gives its standard output, and throws when it fails
 *
 * @typedef {object} ToolOptions
 * @property {NodeJS.ProcessEnv} [env] further environment
 * @property {boolean} [leashed] false for programs that are not Node scripts
 * @property {string} [cwd]
 */

/** A failure the user can do something about: shown without a stack. */
export class LaunchError extends Error {}

const LOG_FILE = join(STATE_DIR, 'launch.log');
const LINES_SHOWN_ON_FAILURE = 25;

/**
 * Runs the steps that are needed, in order. Prints nothing when none is. Only one launcher of a clone does this at a
 * time; the others wait and then find it done.
 * @param {Step[]} steps
 */
export async function prepare(steps) {
  /** @type {(() => void) | undefined} */
  let unlock;
  try {
    for (const step of steps) {
      if (!step.isNeeded()) continue;
      if (unlock === undefined) {
        mkdirSync(STATE_DIR, { recursive: true });
        unlock = await takeLock(join(STATE_DIR, 'launch.lock'), (holder) =>
          process.stderr.write(`waybill: waiting for process ${holder}, which is preparing this clone\n`),
        );
        if (!step.isNeeded()) continue;
      }
      await runStep(step);
    }
  } finally {
    unlock?.();
  }
}

/** @param {Step} step */
async function runStep(step) {
  const log = createWriteStream(LOG_FILE);
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(0)} s`;
  const ticker = showProgress(`waybill: ${step.name} …`, seconds);
  try {
    const outcome = await step.run({
      tool: (command, args, options) => runTool(log, command, args, options),
    });
    ticker.end(` ${outcome ?? 'done'} (${seconds()})`);
  } catch (error) {
    ticker.end(` failed (${seconds()})`);
    await new Promise((resolve) => log.end(() => resolve(undefined)));
    const reason = error instanceof Error ? error.message : String(error);
    throw new LaunchError(
      `${step.name}: ${reason}${lastLines(LOG_FILE)}\nRun the same command again: it goes on where it stopped.`,
    );
  } finally {
    log.end();
  }
}

/**
 * One line a step. On a terminal it counts the seconds; elsewhere it is written in two halves.
 * @param {string} text  @param {() => string} seconds
 */
function showProgress(text, seconds) {
  const isTerminal = process.stderr.isTTY === true;
  process.stderr.write(text);
  const timer = isTerminal
    ? setInterval(() => process.stderr.write(`\r${text} ${seconds()}`), 1000)
    : undefined;
  return {
    /** @param {string} outcome */
    end(outcome) {
      clearInterval(timer);
      process.stderr.write(isTerminal ? `\r\u001b[K${text}${outcome}\n` : `${outcome}\n`);
    },
  };
}

/** @param {string} file */
function lastLines(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const shown = lines.slice(-LINES_SHOWN_ON_FAILURE).map((line) => `  ${line}`);
  return shown.join('').trim() === '' ? '' : `\n${shown.join('\n')}\n(all of it: ${relative(ROOT, file)})`;
}

/**
 * @param {import('node:fs').WriteStream} log
 * @param {string} command  @param {string[]} args  @param {ToolOptions} [options]
 * @returns {Promise<string>}
 */
function runTool(log, command, args, { env = {}, leashed = true, cwd = ROOT } = {}) {
  log.write(`$ ${[command, ...args].join(' ')}\n`);
  const leash = new URL('leash.mjs', import.meta.url).href;
  const child = spawn(command, leashed ? ['--import', leash, ...args] : args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(leashed ? /** @type {const} */ (['ipc']) : [])],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
    log.write(text);
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => log.write(text));
  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    child.kill(signal);
    process.stderr.write('\n');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new LaunchError(`${command} could not be run: ${error.message}`)));
    child.on('close', (code, signal) => {
      for (const name of STOP_SIGNALS) process.off(name, stop);
      if (code === 0) resolve(output);
      else reject(new LaunchError(`${basename(command)} ended with ${signal ?? `status ${code}`}`));
    });
  });
}

const STOP_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
