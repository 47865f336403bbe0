/** For either kind of quotes, and for every character set. Our own addresses rarely hold anything to escape. */
export function escapeAttribute(value: string): string {
  if (!ESCAPED.test(value)) return value;
  return value.replaceAll(/[&"'<>]|[^\x20-\x7e]/gu, (character) =>
    character === '&' ? '&amp;' : `&#${character.codePointAt(0)};`,
  );
}

/** All but printable ASCII without `"`, `&`, `'`, `<` and `>`: one class is looked through faster than alternatives. */
const ESCAPED = /[^ !#-%(-;=?-~]/;
