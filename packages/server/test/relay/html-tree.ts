import { html as names, parse, type DefaultTreeAdapterTypes } from 'parse5';

type TreeNode = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.Document;

/** What may differ between a document and its instrumented copy. */
export interface TreeView {
  /** The address of the pixel, whose element is not looked at. */
  pixel?: string | null;
  /** The address of the link that nobody can see, which is not looked at either. */
  trap?: string;
  /** Turns addresses of links back. */
  links?: readonly { from: string; to: string }[];
}

/** A document as a complete parser sees it, one line for each tag, text and comment. */
export function treeLines(document: string, { pixel, trap, links = [] }: TreeView = {}): string[] {
  const back = new Map(links.map(({ from, to }) => [to, from]));
  const lines: string[] = [];
  let text = '';
  const add = (line: string): void => {
    if (text !== '') lines.push(JSON.stringify(text));
    text = '';
    lines.push(line);
  };
  // With an own stack: corpora hold documents nested thousands deep.
  const waiting: (TreeNode | string)[] = [parse(document)];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node === 'string') add(node);
    else if (node.nodeName === '#text' && 'value' in node) text += node.value;
    else if ('tagName' in node) {
      const attributes = new Map(node.attrs.map(({ name, value }) => [name, value]));
      if (pixel != null && isPixel(node.tagName, attributes, pixel)) continue;
      const href = attributes.get('href');
      if (trap !== undefined && href === trap && node.childNodes.length === 0) continue;
      if (node.tagName === 'a' && node.namespaceURI === names.NS.HTML && href !== undefined) {
        attributes.set('href', back.get(href) ?? plainAddress(href));
      }
      add(`<${node.tagName} ${JSON.stringify([...attributes])}`);
      waiting.push('>', ...node.childNodes.toReversed());
      if ('content' in node) waiting.push('</content', ...node.content.childNodes.toReversed());
    } else if (node.nodeName === '#document') waiting.push(...node.childNodes.toReversed());
    else add(`${node.nodeName} ${'data' in node ? node.data : ''}`);
  }
  add('end');
  return lines;
}

function isPixel(name: string, attributes: ReadonlyMap<string, string>, pixel: string): boolean {
  if (name === 'img') return attributes.get('src') === pixel;
  return name === 'span' && attributes.get('style')?.startsWith(`background:url(${pixel})`) === true;
}

/** As a browser reads an attribute's address. */
function plainAddress(href: string): string {
  const stripped = href.replaceAll(/^[\0- ]+/g, '').replaceAll(/[\t\n\r]/g, '');
  return /^https?:\/\//i.test(stripped) ? stripped.trimEnd() : href;
}
