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

interface Entry<Table extends string> {
  table: Table;
  row: TokenRow;
  /** Place in its table. */
  rank: number;
  /** What the pattern begins with: comparing is faster than matching, and nearly always enough. */
  literal: string;
  /** Sticky for a token that begins a word. */
  pattern: RegExp;
}

/** Tokens are looked up by their first letters. */
const PREFIX = 3;

/** The tokens of all tables that are in one User-Agent. */
export class FoundTokens<Table extends string> {
  readonly #matches: readonly { entry: Entry<Table>; version: string | undefined }[];

  constructor(matches: readonly { entry: Entry<Table>; version: string | undefined }[]) {
    this.#matches = matches;
  }

  /** @returns the first row of a table, in its order, that is in the agent and accepted */
  first(table: Table, accept: (row: TokenRow) => boolean = () => true): TokenMatch | undefined {
    let best: { entry: Entry<Table>; version: string | undefined } | undefined;
    for (const match of this.#matches) {
      const { entry } = match;
      if (entry.table === table && (best === undefined || entry.rank < best.entry.rank) && accept(entry.row))
        best = match;
    }
    if (best === undefined) return undefined;
    const { row } = best.entry;
    return best.version === undefined ? { row } : { row, version: best.version };
  }
}

/**
 * Product tokens by their beginnings: most words of a User-Agent begin no token, so all tables together cost one pass
 * with a look-up for each word, however many rows they have.
 */
export class TokenTables<Table extends string> {
  readonly #byPrefix = new Map<number, Entry<Table>[]>();
  /** Tokens that are sought inside words, too. */
  readonly #anywhere: Entry<Table>[] = [];

  constructor(tables: Readonly<Record<Table, readonly TokenRow[]>>) {
    for (const table of Object.keys(tables) as Table[])
      tables[table].forEach((row, rank) => this.#add({ table, row, rank }));
  }

  #add({ table, row, rank }: Omit<Entry<Table>, 'pattern' | 'literal'>): void {
    const inside = row.token.startsWith('*');
    const literal = row.token.replaceAll('*', '');
    const entry = { table, row, rank, literal, pattern: new RegExp(source(row), inside ? '' : 'y') };
    if (inside) {
      this.#anywhere.push(entry);
      return;
    }
    if (literal.length < PREFIX) throw new Error(`The token ${row.token} is too short.`);
    const prefix = prefixKey(row.token, 0);
    this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), entry]);
  }

  /** @param text a User-Agent in lower case */
  find(text: string): FoundTokens<Table> {
    const matches: { entry: Entry<Table>; version: string | undefined }[] = [];
    const consider = (entry: Entry<Table>, at: number): void => {
      entry.pattern.lastIndex = at;
      const match = entry.pattern.exec(text);
      if (match !== null) matches.push({ entry, version: match[1] });
    };
    let inside = false;
    for (let at = 0; at < text.length; at += 1) {
      if (!inside) {
        const entries = this.#byPrefix.get(prefixKey(text, at));
        if (entries !== undefined)
          for (const entry of entries) if (text.startsWith(entry.literal, at)) consider(entry, at);
      }
      const code = text.charCodeAt(at);
      inside = (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 64;
    }
    for (const entry of this.#anywhere) if (text.includes(entry.literal)) consider(entry, 0);
    return new FoundTokens(matches);
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

function source({ token, product }: TokenRow): string {
  const literal = token.replaceAll('*', '').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const version = String.raw`[/ _:-]*v?(\d+(?:\.\d+)*)?`;
  if (product === true) return String.raw`${literal}(?=\/| ?v?\d|$)${version}`;
  const open = token.endsWith('*') || /[^a-z0-9]$/.test(token);
  return `${literal}${open ? '' : '(?![a-z])'}${version}`;
}
