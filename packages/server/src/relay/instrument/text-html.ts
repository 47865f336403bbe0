import { findAddresses } from './text-addresses.ts';

/** How the lines of a plain text belong together (RFC 3676). */
export interface TextFormat {
  /** Lines that end with a blank go on in the next one. */
  flowed: boolean;
  /** The blank at such an end is no part of the text. */
  deleteSpace: boolean;
}

interface Line {
  depth: number;
  text: string;
}

const QUOTE =
  '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex">';

/** A document that reads as the text does: the same lines, blanks and columns, with its web addresses as links. */
export function textToHtml(text: string, format: TextFormat): string {
  const lines = text
    .replace(/^\ufeff/, '')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  const flowed = format.flowed ? flowedLines(lines, format.deleteSpace) : undefined;
  const body = flowed ?? fixedLines(lines);
  // Columns only line up in letters of one width; text that may flow has none.
  const style = flowed === undefined ? ' style="font-family:monospace"' : '';
  return `<html><head><meta charset="utf-8"></head><body>\n<div dir="auto"${style}>\n${body}</div>\n</body></html>\n`;
}

function fixedLines(lines: readonly string[]): string {
  return lines.map((line) => `${lineMarkup(line)}<br>\n`).join('');
}

/** Each takes a hundred characters of markup; no conversation goes back and forth so often. */
const MOST_QUOTES = 2_000;

/** @returns undefined of a text with more quotes: it is shown with the marks it has */
function flowedLines(lines: readonly string[], deleteSpace: boolean): string | undefined {
  let markup = '';
  let depth = 0;
  let quotes = 0;
  for (const line of joinFlowed(lines, deleteSpace)) {
    quotes += Math.max(0, line.depth - depth);
    if (quotes > MOST_QUOTES) return undefined;
    for (; depth < line.depth; depth += 1) markup += `${QUOTE}\n`;
    for (; depth > line.depth; depth -= 1) markup += '</blockquote>\n';
    markup += `${lineMarkup(line.text)}<br>\n`;
  }
  return markup + '</blockquote>\n'.repeat(depth);
}

/** No conversation is quoted deeper. */
const DEEPEST_QUOTE = 20;

function joinFlowed(lines: readonly string[], deleteSpace: boolean): Line[] {
  const joined: { depth: number; pieces: string[] }[] = [];
  let flows = false;
  for (const line of lines) {
    const marks = /^>*/.exec(line)?.[0].length ?? 0;
    const depth = Math.min(marks, DEEPEST_QUOTE);
    // A blank in front was put there to protect what follows (§4.4).
    const text = line.slice(marks).replace(/^ /, '');
    const isSignature = text === '-- ';
    const last = joined.at(-1);
    const goesOn = flows && !isSignature && last?.depth === depth;
    flows = text.endsWith(' ') && !isSignature;
    const piece = flows && deleteSpace ? text.slice(0, -1) : text;
    if (goesOn) last.pieces.push(piece);
    else joined.push({ depth, pieces: [piece] });
  }
  return joined.map(({ depth, pieces }) => ({ depth, text: pieces.join('') }));
}

function lineMarkup(line: string): string {
  const text = line.includes('\t') ? expandTabs(line) : line;
  // Most lines are mere words.
  if (!text.includes('://')) return spaced(escapeText(text));
  let markup = '';
  let position = 0;
  for (const { start, end, cut } of findAddresses(text)) {
    if (cut) continue;
    const address = escapeText(text.slice(start, end));
    markup += `${spaced(escapeText(text.slice(position, start)))}<a href="${address}">${address}</a>`;
    position = end;
  }
  return markup + spaced(escapeText(text.slice(position)));
}

function escapeText(text: string): string {
  if (!/[&<>"]/.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Blanks that HTML would drop: at the beginning, and all but the last of several. */
function spaced(markup: string): string {
  if (!markup.startsWith(' ') && !markup.includes('  ')) return markup;
  return markup.replaceAll(/ (?= )|^ /g, '&nbsp;');
}

const TAB_WIDTH = 8;

function expandTabs(line: string): string {
  const [first = '', ...pieces] = line.split('\t');
  let text = first;
  for (const piece of pieces) text += ' '.repeat(TAB_WIDTH - (text.length % TAB_WIDTH)) + piece;
  return text;
}
