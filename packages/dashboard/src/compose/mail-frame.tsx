import { useMemo, useRef } from 'react';

const minHeight = 120;
const maxHeight = 900;

const ownRules = `
  body { font: 14px/20px system-ui, sans-serif; margin: 12px 16px; overflow-wrap: anywhere }
  a { pointer-events: none }
  img:not([src]) { background: #f1f2f4; outline: 1px dashed #8b9099; outline-offset: -1px }
`;

/**
 * A mail's HTML in a frame without scripts, forms or pop-ups. Its style sheets are put in through the object
 * model, because the page's content policy, which the frame inherits, takes none from the text.
 */
export function MailFrame({ html, title }: { html: string; title: string }) {
  const ref = useRef<HTMLIFrameElement>(null);
  const { source, sheets } = useMemo(() => prepare(html), [html]);
  const onLoad = () => {
    const frame = ref.current;
    const content = frame?.contentDocument;
    if (frame === null || content === null || content === undefined) return;
    adopt(content, [ownRules, ...sheets]);
    frame.style.height = `${Math.min(maxHeight, Math.max(minHeight, content.documentElement.scrollHeight))}px`;
  };
  return (
    <iframe
      ref={ref}
      title={title}
      srcDoc={source}
      sandbox="allow-same-origin"
      referrerPolicy="no-referrer"
      tabIndex={-1}
      onLoad={onLoad}
      className="block h-32 w-full bg-mail [color-scheme:light]"
    />
  );
}

const styleElement = /<style\b[^>]*>([\s\S]*?)<\/style\s*>/gi;

/** Takes out what the policy would refuse: style elements (kept apart) and pictures from other servers. */
function prepare(html: string): { source: string; sheets: string[] } {
  const sheets = [...html.matchAll(styleElement)].map((match) => match[1] ?? '');
  const parsed = new DOMParser().parseFromString(html.replace(styleElement, ''), 'text/html');
  for (const element of parsed.querySelectorAll('script, link, meta[http-equiv], base')) element.remove();
  for (const picture of parsed.querySelectorAll('img')) {
    picture.removeAttribute('srcset');
    if (!picture.src.startsWith('data:')) picture.removeAttribute('src');
  }
  return { source: `<!doctype html>${parsed.documentElement.outerHTML}`, sheets };
}

function adopt(content: Document, texts: string[]): void {
  const Sheet = content.defaultView?.CSSStyleSheet;
  if (Sheet === undefined) return;
  content.adoptedStyleSheets = texts.map((text) => {
    const sheet = new Sheet();
    sheet.replaceSync(text);
    return sheet;
  });
}
