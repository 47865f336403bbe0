import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../../../docs/mail-servers/', import.meta.url);

/**
 * What a page of `docs/mail-servers` tells its reader to write, so that it is tested as it stands there.
 * @param name what follows the language behind the fence: ```` ```ini main.cf ````
 * @param replacements of what a reader would have to replace, too; each must occur
 */
export function docSnippet(
  page: string,
  name: string,
  replacements: Record<string, string | number> = {},
): string {
  const text = readFileSync(fileURLToPath(new URL(`${page}.md`, FOLDER)), 'utf8');
  const blocks = [...text.matchAll(/^```\w+ (.+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.filter(([, title]) => title === name);
  const [block] = found;
  if (block?.[2] === undefined || found.length > 1) {
    throw new Error(`${page}.md has ${found.length} blocks called ${name}`);
  }
  return Object.entries(replacements).reduce((snippet, [from, to]) => {
    if (!snippet.includes(from)) throw new Error(`${from} is not in the block ${name} of ${page}.md`);
    return snippet.replaceAll(from, String(to));
  }, block[2]);
}

/** Lines `NAME=value` as an environment. */
export function docEnvironment(...args: Parameters<typeof docSnippet>): Record<string, string> {
  const lines = docSnippet(...args)
    .trim()
    .split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
