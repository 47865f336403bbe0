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

/** Product tokens compiled to one expression, so that a User-Agent without any of them costs one pass. */
export class TokenTable {
  readonly #rows: { row: TokenRow; pattern: RegExp }[];
  readonly #any: RegExp;

  constructor(rows: readonly TokenRow[]) {
    this.#rows = rows.map((row) => ({
      row,
      pattern: new RegExp(`${source(row)}[/ _:-]*v?(\\d+(?:\\.\\d+)*)?`),
    }));
    this.#any = new RegExp(rows.map(source).join('|'));
  }

  /** @param agent a User-Agent in lower case */
  find(agent: string, accept: (row: TokenRow) => boolean = () => true): TokenMatch | undefined {
    if (!this.#any.test(agent)) return undefined;
    for (const { row, pattern } of this.#rows) {
      const match = pattern.exec(agent);
      if (match === null || !accept(row)) continue;
      return match[1] === undefined ? { row } : { row, version: match[1] };
    }
    return undefined;
  }
}

function source({ token, product }: TokenRow): string {
  const literal = token.replaceAll('*', '').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const before = token.startsWith('*') ? '' : '(?<![a-z0-9@])';
  if (product === true) return `${before}${literal}(?=\\/| ?v?\\d|$)`;
  const open = token.endsWith('*') || /[^a-z0-9]$/.test(token);
  return `${before}${literal}${open ? '' : '(?![a-z])'}`;
}
