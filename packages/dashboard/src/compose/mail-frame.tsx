import { useRef } from 'react';

const minHeight = 120;
const maxHeight = 900;

/**
 * A mail's HTML in a frame without scripts, forms or pop-ups. Its style sheets are put in through the object
 * model, because the page's content policy, which the frame inherits, takes none from the text.
 */
export function MailFrame({ html, title }: { html: string; title: string }) {
  const ref = useRef<HTMLIFrameElement>(null);
  const onLoad = () => {
    const frame = ref.current;
    const content = frame?.contentDocument;
    if (frame === null || content === null || content === undefined) return;
    applyStyles(content);
    frame.style.height = `${Math.min(maxHeight, Math.max(minHeight, content.documentElement.scrollHeight))}px`;
  };
  return (
    <iframe
      ref={ref}
      title={title}
      srcDoc={html}
      sandbox="allow-same-origin"
      referrerPolicy="no-referrer"
      tabIndex={-1}
      onLoad={onLoad}
      className="block h-32 w-full bg-mail [color-scheme:light]"
    />
  );
}

const ownRules =
  'body { font: 14px/20px system-ui, sans-serif; margin: 12px 16px; overflow-wrap: anywhere } a { pointer-events: none }';

function applyStyles(content: Document): void {
  const Sheet = content.defaultView?.CSSStyleSheet;
  if (Sheet === undefined) return;
  const texts = [...content.querySelectorAll('style')].map((style) => style.textContent);
  content.adoptedStyleSheets = [ownRules, ...texts].map((text) => {
    const sheet = new Sheet();
    sheet.replaceSync(text);
    return sheet;
  });
}
