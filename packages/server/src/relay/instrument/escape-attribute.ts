/** For either kind of quotes, and for every character set. Our own addresses rarely hold anything to escape. */
export function escapeAttribute(value: string): string {
  if (!/[&"'<>]|[^\x20-\x7e]/.test(value)) return value;
  return value.replaceAll(/[&"'<>]|[^\x20-\x7e]/gu, (character) =>
    character === '&' ? '&amp;' : `&#${character.codePointAt(0)};`,
  );
}
