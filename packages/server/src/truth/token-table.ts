/** A row of `data/agents.json`; the format is described there. */
export interface TokenRow {
  token: string;
  name: string;
  os?: string;
  device?: 'desktop' | 'phone' | 'tablet' | 'server';
  product?: boolean;
  app?: boolean;
}

export interface TokenMatch {
  row: TokenRow;
  version?: string;
}

interface Entry {
  row: TokenRow;
  rank: number;
  /** Sticky for a token that begins a word. */
  pattern: RegExp;
}

/** Tokens are looked up by their first letters. */
const PREFIX = 3;

/** A User-Agent in lower case with the places where words begin, found once for all tables. */
export class AgentWords {
  readonly text: string;
  readonly starts: number[] = [];
  /** The first letters at each of them, see {@link prefixKey}. */
  readonly prefixes: number[] = [];

  constructor(text: string) {
    this.text = text;
    let inside = false;
    for (let i = 0; i < text.length; i += 1) {
      if (!inside) {
        this.starts.push(i);
        this.prefixes.push(prefixKey(text, i));
      }
      const code = text.charCodeAt(i);
      inside = (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 64;
    }
  }
}

/** The first letters as a number, which is looked up without making a string. */
function prefixKey(text: string, at: number): number {
  return (
    ((text.charCodeAt(at) & 1023) << 20) |
    ((text.charCodeAt(at + 1) & 1023) << 10) |
    (text.charCodeAt(at + 2) & 1023)
  );
}

/**
 * Product tokens by their beginnings: most words of a User-Agent begin no token, so a table costs a few look-ups,
 * however many rows it has.
 */
export class TokenTable {
  readonly #byPrefix = new Map<number, Entry[]>();
  /** Tokens that are sought inside words, too. */
  readonly #anywhere: Entry[] = [];

  constructor(rows: readonly TokenRow[]) {
    rows.forEach((row, rank) => {
      const inside = row.token.startsWith('*');
      const entry = { row, rank, pattern: new RegExp(source(row), inside ? '' : 'y') };
      if (inside) {
        this.#anywhere.push(entry);
        return;
      }
      if (row.token.replace('*', '').length < PREFIX) throw new Error(`The token ${row.token} is too short.`);
      const prefix = prefixKey(row.token, 0);
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), entry]);
    });
  }

  /** @returns the first row, in the order of the table, that is anywhere in the agent */
  find(agent: AgentWords, accept: (row: TokenRow) => boolean = () => true): TokenMatch | undefined {
    const { text, starts, prefixes } = agent;
    let best: { entry: Entry; version: string | undefined } | undefined;
    const consider = (entry: Entry, at: number): void => {
      if (best !== undefined && best.entry.rank <= entry.rank) return;
      entry.pattern.lastIndex = at;
      const match = entry.pattern.exec(text);
      if (match !== null && accept(entry.row)) best = { entry, version: match[1] };
    };
    for (let i = 0; i < prefixes.length; i += 1) {
      const entries = this.#byPrefix.get(prefixes[i] ?? 0);
      if (entries !== undefined) for (const entry of entries) consider(entry, starts[i] ?? 0);
    }
    for (const entry of this.#anywhere) consider(entry, 0);
    if (best === undefined) return undefined;
    const { entry, version } = best;
    return version === undefined ? { row: entry.row } : { row: entry.row, version };
  }
}

function source({ token, product }: TokenRow): string {
  const literal = token.replaceAll('*', '').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const version = String.raw`[/ _:-]*v?(\d+(?:\.\d+)*)?`;
  if (product === true) return String.raw`${literal}(?=\/| ?v?\d|$)${version}`;
  const open = token.endsWith('*') || /[^a-z0-9]$/.test(token);
  return `${literal}${open ? '' : '(?![a-z])'}${version}`;
}
