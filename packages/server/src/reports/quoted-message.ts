import { parseFields, type HeaderFields } from './header-fields.ts';

/** Lines of a notice that are looked at, and characters of a line. */
const MAX_LINES = 5000;
const MAX_LINE = 2000;

export function splitLines(text: string): string[] {
  return text.split('\n', MAX_LINES).map((line) => line.slice(0, MAX_LINE).trimEnd());
}

/** What bounces put between their own words and the returned message. */
const SEPARATOR = new RegExp(
  [
    /(?:copy|header|headers|text|body|transcript|start) of (?:the |your |this )?(?:original |returned |unsent )?(?:message|e?-?mail)/,
    /original (?:message|mail)(?: info)?\b.{0,20}(?:follow|header|below|-{3,}|:$|as follows)/,
    /(?:original|unsent|returned|undelivered) (?:message|mail)(?: info| headers?| text)?\s*(?:follows|[-*|:=]{2,}|$)/,
    /message (?:headers?|text|header text) follows?/,
    /-{2,} ?(?:original|returned|unsent|undelivered) (?:message|mail)/,
    /original message headers:/,
  ]
    .map(({ source }) => `(?:${source})`)
    .join('|'),
  'i',
);

const TRACE =
  /^(?:received|return-path|mime-version|x-received|dkim-signature|delivered-to|domainkey-signature)$/;
const KNOWN =
  /^(?:received|return-path|mime-version|x-[\w-]+|dkim-signature|delivered-to|from|to|cc|subject|date|sender|reply-to|content-[\w-]+|arc-[\w-]+|authentication-results|domainkey-signature|references|in-reply-to|errors-to|user-agent|thread-[\w-]+|list-[\w-]+|precedence|received-spf|envelope-to|importance|organization)$/;
const FIELD_NAME = /^[ \t>]{0,12}([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,4}:/;

/** Lines behind a header's first line that are looked at to know it for one. */
const LOOK_AHEAD = 60;

/**
 * Where a quoted header begins: three fields of mail in a row, one of them from transport. Never an ordinary text.
 *
 * @returns the line's index, or -1
 */
export function findHeaderBlock(lines: readonly string[], from: number, upTo = lines.length): number {
  let failed = -1;
  for (let index = from; index < Math.min(upTo, lines.length); index += 1) {
    // Within a run of fields that was not enough no part of it is.
    if (index <= failed || knownName(lines[index]) === undefined) continue;
    const end = headerRun(lines, index);
    if (end === undefined) return index;
    failed = end;
  }
  return -1;
}

/** @returns undefined when a header begins here, else the last line of what looked like one */
function headerRun(lines: readonly string[], start: number): number | undefined {
  const indent = /^[ \t>]*/.exec(lines[start] ?? '')?.[0] ?? '';
  const names = new Set<string>();
  let index = start;
  for (; index < Math.min(lines.length, start + LOOK_AHEAD); index += 1) {
    const line = lines[index] ?? '';
    if (line.trim() === '') break;
    const inner = line.startsWith(indent) ? line.slice(indent.length) : line.trimStart();
    if (/^[ \t]/.test(inner)) continue;
    const name = knownName(inner);
    if (name === undefined) break;
    names.add(name);
  }
  const isHeader = names.size >= 3 && [...names].some((name) => TRACE.test(name));
  return isHeader ? undefined : index - 1;
}

function knownName(line: string | undefined): string | undefined {
  const name = FIELD_NAME.exec(line ?? '')?.[1]?.toLowerCase();
  return name !== undefined && KNOWN.test(name) ? name : undefined;
}

export interface SplitNotice {
  /** The reporter's own words. */
  own: string[];
  /** Of the message that is quoted behind them. */
  header: HeaderFields | undefined;
}

/** Parts a notice into what the mail system says and the message that it returns within the same text. */
export function splitNotice(lines: readonly string[]): SplitNotice {
  const separator = lines.findIndex(
    (line, index) => index > 0 && line.length < 120 && SEPARATOR.test(line) && endsNotice(lines, index),
  );
  const block = findHeaderBlock(lines, 0);
  const cut = separator === -1 ? block : block === -1 ? separator : Math.min(separator, block);
  if (cut === -1) return { own: [...lines], header: undefined };
  const field = lines.findIndex((line, index) => index > cut && knownName(line) !== undefined);
  const start = block === -1 && field - cut < 4 ? field : block;
  return { own: lines.slice(0, cut), header: start === -1 ? undefined : headerAt(lines, start) };
}

/** A separator is one only when a field of a header follows, or nothing that would be the notice itself. */
function endsNotice(lines: readonly string[], index: number): boolean {
  const next = lines.slice(index + 1, index + 12).filter((line) => line.trim() !== '');
  // "body of message generated response:" and a server's answer.
  if (/^\s*[245]\d\d[ -]/.test(next[0] ?? '')) return false;
  return (
    next.slice(0, 3).some((line) => knownName(line) !== undefined) ||
    next.every((line) => /^[-=*#_ ]*$/.test(line))
  );
}

export function headerAt(lines: readonly string[], start: number): HeaderFields {
  const indent = /^[ \t>]*/.exec(lines[start] ?? '')?.[0] ?? '';
  const rest = lines.slice(start, start + 500);
  const end = rest.findIndex((line) => line.trim() === '' || line.trim() === '>');
  return parseFields(
    (end === -1 ? rest : rest.slice(0, end)).map((line) =>
      line.startsWith(indent) ? line.slice(indent.length) : line,
    ),
  );
}
