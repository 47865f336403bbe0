import { simpleParser } from 'mailparser';

/** A captured mail's body as one HTML document: inline pictures as data addresses, or the text when there is no HTML. */
export async function mailFrame(raw: Uint8Array): Promise<string> {
  const mail = await simpleParser(Buffer.from(raw), { skipTextToHtml: true, skipImageLinks: false });
  if (typeof mail.html === 'string') return openLinksOutside(mail.html);
  return textDocument(mail.text ?? '');
}

/** Put in for the view only: the mail itself stays as it would have been sent. */
const BASE = '<base target="_blank">';

function openLinksOutside(html: string): string {
  const head =
    /<head(?:\s[^>]*)?>/i.exec(html) ?? /<html(?:\s[^>]*)?>/i.exec(html) ?? /<!doctype[^>]*>/i.exec(html);
  const at = head === null ? 0 : head.index + head[0].length;
  return html.slice(0, at) + BASE + html.slice(at);
}

function textDocument(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return (
    `<!doctype html><html><head><meta charset="utf-8">${BASE}<title>Text</title>` +
    '<style>:root{color-scheme:light dark}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:14px/20px ui-monospace,monospace;margin:16px}</style>' +
    `</head><body><pre>${escaped}</pre></body></html>`
  );
}
