import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { dirname as posixDirname, join as posixJoin } from 'node:path/posix';

/** A reference of a source file to another module. */
export interface Reference {
  /** as written: `./hit.ts`, `kysely` */
  specifier: string;
  /** Path from the sources' root when it is one of ours, with `/`. */
  file: string | undefined;
  isTypeOnly: boolean;
  /** Its path only, to run it in a thread or a process of its own. */
  isPath: boolean;
}

export interface SourceFile {
  /** from the sources' root, with `/`: `tracking/edge.ts` */
  path: string;
  text: string;
  references: Reference[];
  /** Statements outside of any function or declaration: what happens when the file is imported. First lines only. */
  looseStatements: string[];
}

/** Every TypeScript file below a folder, sorted by path. */
export function readSourceFiles(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

/** Reads what the checks need, and no more: the sources are formatted, so that a statement begins its line. */
export function parseSource(path: string, text: string): SourceFile {
  const code = blank(text, 'comments');
  const references: Reference[] = [];
  for (const pattern of REFERENCES) {
    for (const { groups } of code.matchAll(pattern)) {
      const specifier = groups?.['specifier'] ?? '';
      references.push({
        specifier,
        file: specifier.startsWith('.') ? posixJoin(posixDirname(path), specifier) : undefined,
        isTypeOnly: groups?.['type'] !== undefined,
        isPath: pattern === PATH,
      });
    }
  }
  return { path, text, references, looseStatements: blank(text, 'all').match(LOOSE_STATEMENT) ?? [] };
}

const PATH = /\bnew URL\('(?<specifier>\.[^']+\.ts)', import\.meta\.url\)/g;
const REFERENCES = [
  PATH,
  /^(?:import|export)(?<type> type)?\b[^'"`;]*?\bfrom '(?<specifier>[^']+)'/gm,
  /^import '(?<specifier>[^']+)'/gm,
  /\bimport\(\s*'(?<specifier>[^']+)'/g,
  /\bimport\.meta\.resolve\('(?<specifier>[^']+)'/g,
];

const DECLARATION =
  'import|export|const|let|function|async function|class|abstract class|interface|type|declare|namespace';
const LOOSE_STATEMENT = new RegExp(`^(?!(?:${DECLARATION})\\b)[\\p{ID_Start}$_(].*`, 'gmu');

/** Replaces comments, and with `all` also what is inside of quotes and regular expressions, by spaces. */
export function blank(text: string, what: 'comments' | 'all'): string {
  let result = '';
  let index = 0;
  // Of each open template literal, how many braces are open in its `${`.
  const templates: number[] = [];
  const take = (end: number, isBlanked: boolean): void => {
    const part = text.slice(index, end);
    result += isBlanked ? part.replaceAll(/[^\n]/g, ' ') : part;
    index = end;
  };
  const quoted = (from: number, pattern: RegExp): void => {
    pattern.lastIndex = from;
    pattern.exec(text);
    take(pattern.lastIndex === 0 ? text.length : pattern.lastIndex, what === 'all');
  };
  const template = (): void => {
    quoted(index + 1, /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y);
    if (text[index - 1] === '{') templates.push(0);
  };

  while (index < text.length) {
    const two = text.slice(index, index + 2);
    const one = two[0] ?? '';
    const open = templates.at(-1);
    if (two === '//') take(endOf(text, '\n', index), true);
    else if (two === '/*') take(endOf(text, '*/', index) + 2, true);
    else if (one === "'" || one === '"')
      quoted(index + 1, one === "'" ? /(?:[^'\\]|\\[^])*'/y : /(?:[^"\\]|\\[^])*"/y);
    else if (one === '/' && /(?:^|[(,=:[!&|?{};>]|\breturn|\bcase)\s*$/.test(result.slice(-30))) {
      quoted(index + 1, /(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\//y);
    } else if (one === '`') template();
    else if (open === 0 && one === '}') {
      templates.pop();
      template();
    } else {
      if (open !== undefined && one === '{') templates[templates.length - 1] = open + 1;
      if (open !== undefined && one === '}') templates[templates.length - 1] = open - 1;
      take(index + 1, what === 'all' && open !== undefined);
    }
  }
  return result;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}
