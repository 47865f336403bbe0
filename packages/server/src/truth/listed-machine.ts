import crawlers from 'crawler-user-agents';

/** What `crawler-user-agents` says of an agent. */
export interface Listed {
  machine: boolean;
  scanner: boolean;
  preview: boolean;
}

interface Entry {
  literal: string;
  scanner: boolean;
  preview: boolean;
}

const PREFIX = 4;
const { byPrefix: BY_PREFIX, expressions: EXPRESSIONS } = indexed(crawlers);
const ANY_EXPRESSION = new RegExp(EXPRESSIONS.map(({ expression }) => expression.source).join('|'), 'i');

/** `expressions`: the few patterns that are more than a piece of text. */
function indexed(patterns: readonly { pattern: string; tags?: string[] }[]): {
  byPrefix: Map<number, Entry[]>;
  expressions: (Omit<Entry, 'literal'> & { expression: RegExp })[];
} {
  const byPrefix = new Map<number, Entry[]>();
  const expressions = [];
  for (const { pattern, tags = [] } of patterns) {
    const kind = { scanner: tags.includes('scanner'), preview: tags.includes('social-preview') };
    const literal = pattern.replace(/\\([^\w\s])/g, '$1').toLowerCase();
    const isLiteral = !/[[\](){}*+?|^$]|\\\w|(?<!\\)\./.test(pattern) && literal.length >= PREFIX;
    if (!isLiteral) expressions.push({ ...kind, expression: new RegExp(pattern, 'i') });
    else {
      const key = prefixKey(literal, 0);
      byPrefix.set(key, [...(byPrefix.get(key) ?? []), { ...kind, literal }]);
    }
  }
  return { byPrefix, expressions };
}

/**
 * Six hundred patterns as one regular expression take ten times as long: nearly all are plain text, which is looked
 * up by its first letters.
 *
 * @param agent in lower case
 */
export function listedMachine(agent: string): Listed {
  const found: Listed = { machine: false, scanner: false, preview: false };
  const add = ({ scanner, preview }: Omit<Entry, 'literal'>): void => {
    found.machine = true;
    found.scanner ||= scanner;
    found.preview ||= preview;
  };
  for (let at = 0; at + PREFIX <= agent.length; at += 1) {
    const entries = BY_PREFIX.get(prefixKey(agent, at));
    if (entries === undefined) continue;
    for (const entry of entries) if (agent.startsWith(entry.literal, at)) add(entry);
  }
  if (ANY_EXPRESSION.test(agent)) {
    for (const entry of EXPRESSIONS) if (entry.expression.test(agent)) add(entry);
  }
  return found;
}

/** Four letters as a number; letters beyond Latin may share one, which costs a comparison more. */
function prefixKey(text: string, at: number): number {
  return (
    ((text.charCodeAt(at) & 127) << 21) |
    ((text.charCodeAt(at + 1) & 127) << 14) |
    ((text.charCodeAt(at + 2) & 127) << 7) |
    (text.charCodeAt(at + 3) & 127)
  );
}
