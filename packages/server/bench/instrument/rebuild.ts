import { simpleParser } from 'mailparser';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { parse, serialize, type DefaultTreeAdapterTypes } from 'parse5';
import type { InstrumentOptions } from '../../src/relay/instrument/instrument.ts';

/**
 * Takes a mail apart and builds it again, with the header fields that the builder needs and no other.
 *
 * @param change what is done to the HTML
 */
export async function rebuild(mail: Buffer, change = (html: string): string => html): Promise<Buffer> {
  const { from, to, subject, text, html, attachments } = await simpleParser(mail, { skipHtmlToText: true });
  const toText = to === undefined ? '' : Array.isArray(to) ? to.map((each) => each.text).join(', ') : to.text;
  const composer = new MailComposer({
    from: from?.text ?? '',
    to: toText,
    subject: subject ?? '',
    ...(text === undefined ? {} : { text }),
    html: html === false || html === undefined ? '' : change(html),
    attachments: attachments.map(({ content, contentType, filename }) => ({
      content,
      contentType,
      ...(filename === undefined ? {} : { filename }),
    })),
  });
  return composer.compile().build();
}

type Element = DefaultTreeAdapterTypes.Element;

/** The pixel and the links as one would put them in with a tree: parsed, changed, written again. */
export function changeTree(html: string, { pixelUrl, linkUrl }: InstrumentOptions): string {
  const document = parse(html);
  const links = new Map<string, string>();
  const visit = (parent: DefaultTreeAdapterTypes.ParentNode): void => {
    for (const node of parent.childNodes) {
      if (!('childNodes' in node)) continue;
      if ('attrs' in node) visitElement(node);
      visit(node);
    }
  };
  const visitElement = (element: Element): void => {
    if (element.tagName === 'body') appendPixel(element, pixelUrl ?? '');
    const href = element.tagName === 'a' ? element.attrs.find(({ name }) => name === 'href') : undefined;
    if (href === undefined || !/^https?:/.test(href.value)) return;
    const tracked = links.get(href.value) ?? linkUrl?.(href.value, links.size + 1) ?? href.value;
    links.set(href.value, tracked);
    href.value = tracked;
  };
  visit(document);
  return serialize(document);
}

function appendPixel(body: Element, src: string): void {
  const attrs = Object.entries({ src, alt: '', width: '1', height: '1' }).map(([name, value]) => ({
    name,
    value,
  }));
  const pixel: Element = {
    nodeName: 'img',
    tagName: 'img',
    attrs,
    namespaceURI: body.namespaceURI,
    parentNode: body,
    childNodes: [],
  };
  body.childNodes.push(pixel);
}
