import type { Entity } from './mime-scan.ts';

/**
 * The HTML part that mail programs show: of alternatives the last that is HTML (RFC 2046 §5.1.4), of related parts the
 * root (RFC 2387), of mixed ones the first. Never an attachment, a forwarded message, a digest or AMP.
 */
export function displayedHtml(entity: Entity): Entity | undefined {
  // What is neither is treated as an attachment (RFC 2183 §2.8).
  if (entity.disposition !== undefined && entity.disposition.value !== 'inline') return undefined;
  const { value } = entity.contentType;
  if (value === 'text/html') return entity;
  if (!value.startsWith('multipart/') || value === 'multipart/digest') return undefined;
  if (value === 'multipart/alternative') return firstOf(entity.children.toReversed());
  if (value === 'multipart/related') {
    const root = relatedRoot(entity);
    // Some programs put the images first; mail programs show the text all the same.
    return root !== undefined && !isImage(root) ? displayedHtml(root) : firstOf(entity.children);
  }
  return firstOf(entity.children.filter((child, index) => index === 0 || !isFile(child)));
}

function firstOf(entities: readonly Entity[]): Entity | undefined {
  for (const entity of entities) {
    const html = displayedHtml(entity);
    if (html !== undefined) return html;
  }
  return undefined;
}

function relatedRoot({ contentType, children }: Entity): Entity | undefined {
  const start = contentType.parameters.get('start')?.replaceAll(/^<|>$/g, '');
  return children.find(({ contentId }) => start !== undefined && contentId === start) ?? children[0];
}

function isImage({ contentType }: Entity): boolean {
  return contentType.value.startsWith('image/');
}

/** An HTML file added to a mail, even when nothing says "attachment". */
function isFile({ contentType, disposition }: Entity): boolean {
  return contentType.parameters.has('name') || disposition?.parameters.has('filename') === true;
}

/** The parts of plain text that mail programs show, or would show if there were no HTML. */
export function displayedTexts(entity: Entity): Entity[] {
  const { contentType, disposition, embedded, children } = entity;
  if (embedded || disposition?.value === 'attachment') return [];
  if (contentType.value === 'text/plain') return [entity];
  return children.flatMap(displayedTexts);
}

/** The text of a mail without HTML, where HTML can be put beside it: the mail itself, or the first of mixed parts. */
export function soleText(entity: Entity): Entity | undefined {
  const { contentType, disposition, embedded, children } = entity;
  if (embedded || (disposition !== undefined && disposition.value !== 'inline')) return undefined;
  if (contentType.value === 'text/plain') return isFile(entity) ? undefined : entity;
  const [first] = children;
  return contentType.value === 'multipart/mixed' && first !== undefined ? soleText(first) : undefined;
}
