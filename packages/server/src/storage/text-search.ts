import { sql, type Expression, type SqlBool } from 'kysely';

/**
 * `column` contains `text` in any case, on both engines. SQLite folds ASCII only, so text beyond it
 * is also looked for as typed, in capitals and capitalised.
 */
export function contains(column: Expression<string>, text: string): Expression<SqlBool> {
  const patterns = spellings(text).map(
    (spelling) => sql<SqlBool>`lower(${column}) like ${`%${escapeLike(spelling)}%`} escape '\\'`,
  );
  return sql<SqlBool>`(${sql.join(patterns, sql` or `)})`;
}

function spellings(text: string): string[] {
  const lower = text.toLowerCase();
  // oxlint-disable-next-line no-control-regex -- the range is ASCII, meant as such
  if (/^[\u0000-\u007f]*$/.test(text)) return [lower];
  const asciiLower = (value: string) => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const upper = text.toUpperCase();
  const capitalised = upper.slice(0, 1) + lower.slice(1);
  return [...new Set([lower, asciiLower(text), asciiLower(upper), asciiLower(capitalised)])];
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}
