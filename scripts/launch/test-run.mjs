import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { chromiumStep, knownChromium } from './chromium.mjs';
import { dashboardStep } from './dashboard.mjs';
import { faultToolsReason, faultToolsStep } from './fault-tools.mjs';
import { mailServersReason, mailServersStep } from './mail-servers.mjs';
import { postgresReason, postgresStep } from './postgres.mjs';

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'tables']);
/** Of a single test. */
const TIMEOUT_MS = 300_000;

/**
 * What the chosen tests need: those that are named need no browser, unless they are end-to-end tests, and no mail
 * servers, unless they are about them.
 * @param {string[]} args of `npm test --`
 * @returns {import('./steps.mjs').Step[]}
 */
export function testSteps(args) {
  const isWhole = args.every((arg) => arg.startsWith('-'));
  const names = (/** @type {string} */ part) => isWhole || args.some((arg) => arg.includes(part));
  return [
    ...(names('e2e') ? [dashboardStep, chromiumStep, postgresStep] : []),
    ...(names('fault') ? [faultToolsStep] : []),
    ...(names('mail-servers') || names('dkim') || names('signing') ? [mailServersStep] : []),
  ];
}

/** Where the fault suite is. */
export const FAULT_FOLDER = join('packages', 'server', 'test', 'fault');

/**
 * @param {string[]} args of `npm test --`: files or patterns, and options of Node's test runner
 * @returns {string[]} arguments for Node
 */
export function testArguments(args) {
  const options = args.filter((arg) => arg.startsWith('-'));
  const files = args.filter((arg) => !arg.startsWith('-'));
  return [
    `--import=${new URL('test-leak.mjs', import.meta.url).href}`,
    '--test',
    ...(options.some((option) => option.startsWith('--test-reporter')) ? [] : ['--test-reporter=spec']),
    `--test-concurrency=${Math.max(2, Math.min(availableParallelism(), 8))}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...options,
    ...(files.length > 0 ? files : [...testFiles('packages'), ...testFiles('scripts')]),
  ];
}

/** @param {string} folder relative to the root  @returns {string[]} */
export function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : testFiles(path);
      return /\.test\.(?:ts|mjs)$/.test(entry.name) ? [path] : [];
    });
}

/** @returns {Record<string, string>} what tests are told of this machine; packages/server/test/support reads it */
export function testEnvironment() {
  const chromium = knownChromium();
  const noPostgres = postgresReason();
  const noMailServers = mailServersReason();
  const noFaultTools = faultToolsReason();
  return {
    ...(chromium.path === undefined ? {} : { WAYBILL_CHROMIUM: chromium.path }),
    ...(chromium.reason === undefined ? {} : { WAYBILL_TEST_NO_CHROMIUM: chromium.reason }),
    ...(noPostgres === undefined ? {} : { WAYBILL_TEST_NO_POSTGRES: noPostgres }),
    ...(noFaultTools === undefined ? {} : { WAYBILL_TEST_NO_FAULT_TOOLS: noFaultTools }),
    ...(noMailServers === undefined ? {} : { WAYBILL_TEST_NO_MAIL_SERVERS: noMailServers }),
  };
}
