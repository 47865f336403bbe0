import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from './content-hash.mjs';
import { pinnedNode } from './packages.mjs';
import { fromRoot } from './root.mjs';

const SCRIPT = join('scripts', 'build-tables.mjs');
const TABLES = fromRoot('packages', 'server', 'tables');
const STAMP_FILE = join(TABLES, '.stamp');
const hash = () => contentHash([SCRIPT, join('node_modules', '@ip-location-db', 'asn', 'package.json')]);

/** @type {import('./steps.mjs').Step} the table of networks, built from the CSV that npm has brought */
export const tablesStep = {
  name: 'table of networks',
  isNeeded: () => !existsSync(STAMP_FILE) || readFileSync(STAMP_FILE, 'utf8') !== hash(),
  run: async ({ tool }) => {
    rmSync(STAMP_FILE, { force: true });
    await tool(pinnedNode(), [SCRIPT]);
    mkdirSync(TABLES, { recursive: true });
    writeFileSync(STAMP_FILE, hash());
  },
};
