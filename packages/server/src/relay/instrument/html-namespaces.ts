import { decodeHTMLAttribute } from 'entities/decode';
import type { Attributes } from './html-attributes.ts';

/** Start tags that end SVG or MathML content wherever they stand (WHATWG HTML §13.2.6.5). */
const LEAVES_FOREIGN = new Set(
  (
    'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta ' +
    'nobr ol p pre ruby s small span strong strike sub sup table tt u ul var'
  ).split(' '),
);

/** Foreign elements whose content is HTML again (§13.2.6.5, integration points). */
const SVG_INTEGRATION = new Set(['foreignobject', 'desc', 'title']);
const MATH_INTEGRATION = new Set(['mi', 'mo', 'mn', 'ms', 'mtext']);

interface Scope {
  kind: 'svg' | 'math' | 'html';
  /** The element that opened it, lower case. */
  name: string;
}

/**
 * Whether the scanner is inside SVG or MathML, where `style` and `title` hold markup and CDATA exists. The tree
 * builder's rules as far as they can be followed without a tree.
 */
export class ForeignContent {
  readonly #scopes: Scope[] = [];
  active = false;
  /** In foreign content, or in HTML that stands inside it. */
  inside = false;

  /** @returns whether the element is an HTML element */
  startTag(name: string, attributes: Attributes, text: string): boolean {
    const root = name === 'svg' || name === 'math';
    if (this.active && leaves(name, attributes, text)) this.#leave();
    const kind = this.#scopes.at(-1)?.kind ?? 'html';
    if (kind === 'html' && !root) return true;
    if (attributes.selfClosing) return false;
    if (root) this.#push({ kind: name, name });
    else if (kind !== 'html' && isIntegrationPoint(kind, name, attributes, text))
      this.#push({ kind: 'html', name });
    return false;
  }

  endTag(name: string): void {
    const top = this.#scopes.at(-1);
    if (top === undefined) return;
    if (top.name === name) {
      this.#scopes.pop();
      this.#update();
    } else if (top.kind !== 'html' && (LEAVES_FOREIGN.has(name) || name === 'td' || name === 'tr')) {
      this.#leave();
    }
  }

  #push(scope: Scope): void {
    this.#scopes.push(scope);
    this.#update();
  }

  /** Back to the nearest HTML content. */
  #leave(): void {
    while (this.#scopes.length > 0 && this.#scopes.at(-1)?.kind !== 'html') this.#scopes.pop();
    this.#update();
  }

  #update(): void {
    this.inside = this.#scopes.length > 0;
    this.active = (this.#scopes.at(-1)?.kind ?? 'html') !== 'html';
  }
}

function leaves(name: string, attributes: Attributes, text: string): boolean {
  if (LEAVES_FOREIGN.has(name)) return true;
  if (name !== 'font') return false;
  return ['color', 'face', 'size'].some((attribute) => attributes.find(text, attribute) !== undefined);
}

function isIntegrationPoint(
  kind: 'svg' | 'math',
  name: string,
  attributes: Attributes,
  text: string,
): boolean {
  if (kind === 'svg') return SVG_INTEGRATION.has(name);
  if (MATH_INTEGRATION.has(name)) return true;
  if (name !== 'annotation-xml') return false;
  const encoding = decodeHTMLAttribute(attributes.raw(text, 'encoding') ?? '').toLowerCase();
  return encoding === 'text/html' || encoding === 'application/xhtml+xml';
}
