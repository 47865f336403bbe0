import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

/**
 * The npm that runs us; else the one beside this Node; else the first on the PATH.
 * @returns {{ command: string, args: string[], isScript: boolean }} a script is run by this very Node
 */
export function findNpm() {
  const script = [process.env['npm_execpath'], ...besideNode(), onPath()].find(
    (path) => path !== undefined && /^npm-cli\.c?js$/.test(basename(path)) && existsSync(path),
  );
  if (script !== undefined) return { command: process.execPath, args: [script], isScript: true };
  return { command: 'npm', args: [], isScript: false };
}

function besideNode() {
  const folder = dirname(process.execPath);
  const script = join('node_modules', 'npm', 'bin', 'npm-cli.js');
  return [join(folder, '..', 'lib', script), join(folder, script)];
}

/** @returns {string | undefined} what the command `npm` is a link to */
function onPath() {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const command = join(folder, 'npm');
    if (existsSync(command)) return realpathSync(command);
  }
  return undefined;
}
