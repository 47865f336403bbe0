import type { ByteSource } from './byte-source.ts';
import { isSplit, parseStructured, type StructuredValue } from './content-type.ts';
import { fieldValue, readMimeHeader, type MimeHeader } from './mime-header.ts';
import type { ReasonCode } from './reasons.ts';

/** A message or one of its parts (RFC 2045: entity). Offsets are into the message. */
export interface Entity {
  header: MimeHeader;
  contentType: StructuredValue;
  /** Lower case; `7bit` when there is no field. */
  encoding: string;
  disposition: StructuredValue | undefined;
  /** Without angle brackets. */
  contentId: string | undefined;
  bodyStart: number;
  /** The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1). */
  bodyEnd: number;
  children: Entity[];
  /** Inside a message/rfc822: content that was written by someone else. */
  embedded: boolean;
}

export interface MimeScan {
  root: Entity;
  /** The first thing that makes the structure ambiguous. */
  defect: ReasonCode | undefined;
}

export const MOST_PARTS = 1_000;
export const DEEPEST = 64;

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** Longer than any delimiter may be. */
const LONGEST_LINE = 300;

interface Level {
  entity: Entity;
  /** `--` and the boundary, one character per byte. */
  delimiter: string;
  state: 'preamble' | 'parts' | 'epilogue';
}

/** Finds the parts of a message: one pass over its lines, no part is decoded or copied. */
export function scanMime(message: ByteSource): MimeScan {
  return new MimeScanner(message).scan();
}

class MimeScanner {
  readonly #bytes: ByteSource;
  readonly #levels: Level[] = [];
  /** Which level a line ends a part of; millions of lines may look like one of dozens of boundaries. */
  readonly #byDelimiter = new Map<string, number>();
  /** How many delimiters have which byte behind their dashes: most other lines are known by it. */
  readonly #thirdBytes: number[] = [];
  /** Entities without end yet that are no multipart, with the number of levels around them. */
  #open: { entity: Entity; depth: number }[] = [];
  #parts = 0;
  #defect: ReasonCode | undefined;
  #stopped = false;

  constructor(bytes: ByteSource) {
    this.#bytes = bytes;
  }

  scan(): MimeScan {
    const root = this.#read(0, undefined, false);
    let position = this.#enter(root);
    while (!this.#stopped && this.#levels.length > 0) {
      const line = this.#nextDashes(position);
      if (line === -1) break;
      position = this.#line(line);
    }
    this.#finish();
    return { root, defect: this.#defect };
  }

  /** The next line that begins with two dashes, at or behind a position. */
  #nextDashes(position: number): number {
    const bytes = this.#bytes;
    const lineStart = position === 0 || bytes.at(position - 1) === LF;
    if (lineStart && bytes.at(position) === DASH && bytes.at(position + 1) === DASH) return position;
    const found = bytes.indexOf('\n--', position);
    return found === -1 ? -1 : found + 1;
  }

  /** @returns where to go on */
  #line(start: number): number {
    if (!this.#isLikeDelimiter(start)) return start + 2;
    const newline = this.#bytes.indexOf(LF, start);
    const next = newline === -1 ? this.#bytes.length : newline + 1;
    const match = this.#match(start, next);
    const level = match && this.#levels[match.index];
    if (match === undefined || level === undefined) return next;
    if (level.state !== 'epilogue') return this.#boundary(match.index, level, match.kind, start, next);
    this.#note('broken-mime', level.entity);
    return next;
  }

  /** Whether a line is a delimiter: nothing but blanks may follow it (RFC 2046 §5.1.1). */
  #match(start: number, next: number): { index: number; kind: 'open' | 'close' } | undefined {
    const line = withoutBlanks(this.#bytes.text(start, Math.min(next, start + LONGEST_LINE)));
    const open = this.#byDelimiter.get(line);
    if (open !== undefined) return { index: open, kind: 'open' };
    const close = line.endsWith('--') ? this.#byDelimiter.get(line.slice(0, -2)) : undefined;
    return close === undefined ? undefined : { index: close, kind: 'close' };
  }

  #boundary(index: number, level: Level, kind: 'open' | 'close', start: number, next: number): number {
    const end = this.#withoutLineEnd(start);
    this.#closeLevels(index + 1, end);
    this.#closeOpen(index, end);
    if (kind === 'close') {
      level.state = 'epilogue';
      return next;
    }
    level.state = 'parts';
    this.#parts += 1;
    if (this.#parts > MOST_PARTS) return this.#stop('too-many-parts', next);
    const child = this.#read(next, level.entity, level.entity.embedded);
    level.entity.children.push(child);
    return this.#enter(child);
  }

  /** Opens what is inside an entity. @returns the start of the line to go on with */
  #enter(entity: Entity): number {
    const { value } = entity.contentType;
    if (value.startsWith('multipart/')) this.#openLevel(entity);
    else {
      this.#open.push({ entity, depth: this.#levels.length });
      if (value === 'message/rfc822' && isPlain(entity.encoding)) return this.#enterMessage(entity);
    }
    return entity.bodyStart;
  }

  #enterMessage(entity: Entity): number {
    if (this.#levels.length + this.#open.length > DEEPEST) return this.#stop('too-deep', entity.bodyStart);
    const child = this.#read(entity.bodyStart, undefined, true);
    entity.children.push(child);
    return this.#enter(child);
  }

  #openLevel(entity: Entity): void {
    const boundary = entity.contentType.parameters.get('boundary');
    if (boundary === undefined || !isBoundary(boundary) || isSplit(entity.contentType, 'boundary')) {
      this.#note('broken-mime', entity);
      this.#open.push({ entity, depth: this.#levels.length });
      return;
    }
    if (!isPlain(entity.encoding)) this.#note('broken-mime', entity);
    const delimiter = `--${boundary}`;
    // A line that could be a delimiter of two levels belongs to neither for sure.
    const other = this.#levels.find((outer) => confusable(outer.delimiter, delimiter));
    if (other !== undefined) this.#note('broken-mime', other.entity);
    if (this.#levels.length + this.#open.length >= DEEPEST) this.#stop('too-deep', 0);
    this.#byDelimiter.set(delimiter, this.#levels.length);
    this.#countThird(delimiter, 1);
    this.#levels.push({ entity, delimiter, state: 'preamble' });
  }

  #read(start: number, parent: Entity | undefined, embedded: boolean): Entity {
    const entity = readEntity(this.#bytes, start, parent, embedded, (line) => this.#isDelimiter(line));
    if (entity.header.broken) this.#note('broken-header', entity);
    if (entity.contradictory) this.#note('broken-mime', entity);
    return entity;
  }

  #isDelimiter(line: number): boolean {
    if (this.#bytes.at(line + 1) !== DASH || !this.#isLikeDelimiter(line)) return false;
    const newline = this.#bytes.indexOf(LF, line);
    const next = newline === -1 ? this.#bytes.length : newline + 1;
    const match = this.#match(line, next);
    return match !== undefined && this.#levels[match.index]?.state !== 'epilogue';
  }

  /** Of a line that begins with two dashes. */
  #isLikeDelimiter(line: number): boolean {
    return (this.#thirdBytes[this.#bytes.at(line + 2)] ?? 0) !== 0;
  }

  #countThird(delimiter: string, change: number): void {
    const third = delimiter.charCodeAt(2);
    this.#thirdBytes[third] = (this.#thirdBytes[third] ?? 0) + change;
  }

  #closeLevels(from: number, end: number): void {
    for (const { entity, state, delimiter } of this.#levels.splice(from)) {
      this.#byDelimiter.delete(delimiter);
      this.#countThird(delimiter, -1);
      if (state !== 'epilogue') this.#note('broken-mime', entity);
      entity.bodyEnd = Math.max(entity.bodyStart, end);
    }
  }

  /** Ends what was opened inside the level of this index. */
  #closeOpen(index: number, end: number): void {
    while ((this.#open.at(-1)?.depth ?? -1) > index) {
      const entity = this.#open.pop()?.entity;
      if (entity !== undefined) entity.bodyEnd = Math.max(entity.bodyStart, end);
    }
  }

  #finish(): void {
    const { length } = this.#bytes;
    this.#closeOpen(-1, length);
    this.#closeLevels(0, length);
  }

  #withoutLineEnd(lineStart: number): number {
    const bytes = this.#bytes;
    if (bytes.at(lineStart - 1) !== LF) return lineStart;
    return bytes.at(lineStart - 2) === CR ? lineStart - 2 : lineStart - 1;
  }

  /** Damage inside a forwarded message is no concern of the message around it. */
  #note(code: ReasonCode, { embedded }: Entity): void {
    if (!embedded) this.#defect ??= code;
  }

  #stop(code: ReasonCode, position: number): number {
    this.#defect = code;
    this.#stopped = true;
    return position;
  }
}

/** Without blanks and line end behind it. */
function withoutBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r\n'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

/** RFC 2046 §5.1.1, but with more characters and up to 200 of them; not blank at the end, where lines are trimmed. */
function isBoundary(text: string): boolean {
  return text.length <= 200 && /^[\x20-\x7e]*[\x21-\x7e]$/.test(text);
}

function confusable(one: string, other: string): boolean {
  return one === other || `${one}--` === other || `${other}--` === one;
}

function isPlain(encoding: string): boolean {
  return encoding === '7bit' || encoding === '8bit' || encoding === 'binary';
}

function readEntity(
  bytes: ByteSource,
  start: number,
  parent: Entity | undefined,
  embedded: boolean,
  stopsAt: (line: number) => boolean,
): Entity & { contradictory: boolean } {
  const header = readMimeHeader(bytes, start, stopsAt);
  const found = contentFields(bytes, header);
  const fallback = parent?.contentType.value === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
  const contentType = parseStructured(found.values.get('content-type') ?? fallback);
  const disposition = found.values.get('content-disposition');
  const encoding = withoutComment(found.values.get('content-transfer-encoding') ?? '7bit').toLowerCase();
  const contentId = found.values.get('content-id')?.replaceAll(/^<|>$/g, '');
  return {
    header,
    contentType,
    encoding,
    disposition: disposition === undefined ? undefined : parseStructured(disposition),
    contentId,
    bodyStart: header.end,
    bodyEnd: header.end,
    children: [],
    embedded,
    contradictory:
      found.contradictory ||
      !contentType.value.includes('/') ||
      // Careless names of attachments are everywhere and change nothing here.
      (contentType.broken && /^(?:multipart\/|text\/html$)/.test(contentType.value)),
  };
}

/** A comment behind a value is legal and seen. */
function withoutComment(value: string): string {
  const open = value.lastIndexOf('(');
  const isComment = open !== -1 && value.indexOf(')', open) === value.length - 1;
  return isComment ? value.slice(0, open).trimEnd() : value;
}

/** The fields that say what an entity is: of each the first, and whether another one says something else. */
function contentFields(
  bytes: ByteSource,
  { fields }: MimeHeader,
): { values: Map<string, string>; contradictory: boolean } {
  const values = new Map<string, string>();
  let contradictory = false;
  for (const field of fields) {
    if (!CONTENT_FIELDS.has(field.name)) continue;
    const value = fieldValue(bytes, field);
    const first = values.get(field.name);
    if (first === undefined) values.set(field.name, value);
    else if (first !== value) contradictory = true;
  }
  return { values, contradictory };
}

const CONTENT_FIELDS = new Set([
  'content-type',
  'content-disposition',
  'content-transfer-encoding',
  'content-id',
]);
