import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from './content-hash.mjs';
import { pinnedNode } from './packages.mjs';
import { fromRoot, STATE_DIR } from './root.mjs';

const FOLDER = join('packages', 'dashboard');
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((name) =>
  join(FOLDER, name),
);
const BUILT = fromRoot(FOLDER, 'dist');
const BUILDING = join(STATE_DIR, 'dashboard');
const STAMP_FILE = join(STATE_DIR, 'dashboard-stamp');
const hash = () => contentHash([...SOURCES, join('packages', 'sdk', 'src'), 'package-lock.json']);

/** @type {import('./steps.mjs').Step} the dashboard as the server serves it */
export const dashboardStep = {
  name: 'dashboard',
  isNeeded: () =>
    !existsSync(join(BUILT, 'index.html')) ||
    !existsSync(STAMP_FILE) ||
    readFileSync(STAMP_FILE, 'utf8') !== hash(),
  run: async ({ tool }) => {
    const sources = hash();
    rmSync(STAMP_FILE, { force: true });
    const vite = fromRoot('node_modules', 'vite', 'bin', 'vite.js');
    // Built aside, so that a server that is running never serves half of it.
    await tool(pinnedNode(), [vite, 'build', '--outDir', BUILDING, '--emptyOutDir'], {
      cwd: fromRoot(FOLDER),
    });
    rmSync(BUILT, { recursive: true, force: true });
    renameSync(BUILDING, BUILT);
    writeFileSync(STAMP_FILE, sources);
  },
};
