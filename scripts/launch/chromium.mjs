import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs';
import { foundOnce } from './found-once.mjs';
import { pinnedNode } from './packages.mjs';
import { fromRoot } from './root.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const memory = foundOnce('chromium');

/** @type {import('./steps.mjs').Step} a browser for the end-to-end tests */
export const chromiumStep = {
  name: 'Chromium for the tests',
  isNeeded: () => {
    if (process.env['WAYBILL_CHROMIUM']) return false;
    const known = memory.recall();
    return known === undefined || (known.path !== undefined && !existsSync(known.path));
  },
  run: async ({ tool }) => {
    /** @type {string[]} */
    const troubles = [];
    for (const [label, attempt] of attempts(tool)) {
      try {
        const path = await attempt();
        if (path !== undefined) {
          memory.remember({ path });
          return label;
        }
      } catch (error) {
        troubles.push(`${label}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const reason = `no Chromium could be had (${troubles.join('; ')}); install one, or set WAYBILL_CHROMIUM`;
    memory.remember({ reason });
    return `none; tests that need one are skipped: ${reason}`;
  },
};

/**
 * @param {import('./steps.mjs').Tools['tool']} tool
 * @returns {[string, () => Promise<string | undefined>][]} label and attempt, cheapest first
 */
function attempts(tool) {
  return [
    ['found', async () => systemChromium()],
    [
      'from Debian’s packages',
      async () => {
        if (!canInstallDebianPackages()) return undefined;
        await installDebianPackages(tool, ['chromium', 'fonts-liberation']);
        return systemChromium();
      },
    ],
    [
      'from Playwright',
      async () => {
        const playwright = fromRoot('node_modules', 'playwright-core');
        await tool(pinnedNode(), [join(playwright, 'cli.js'), 'install', 'chromium']);
        const program = `import(${JSON.stringify('playwright-core')}).then((p) => console.log(p.chromium.executablePath()))`;
        return (await tool(pinnedNode(), ['--eval', program])).trim();
      },
    ],
  ];
}

/** @returns {string | undefined} the first that runs: Ubuntu's `chromium-browser` may be an empty shell */
function systemChromium() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  return candidates.filter((path) => existsSync(path)).find(runs);
}

/** @param {string} path */
function runs(path) {
  // On Windows `--version` would open a window.
  if (process.platform === 'win32') return true;
  try {
    execFileSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** @returns {{ path?: string, reason?: string }} the browser, or why there is none */
export function knownChromium() {
  const given = process.env['WAYBILL_CHROMIUM'];
  return given ? { path: given } : (memory.recall() ?? {});
}
