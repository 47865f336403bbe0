/**
 * Puts text on the clipboard, and formatted HTML beside it when given. Works without the asynchronous
 * clipboard too, which browsers grant only to secure origins. The HTML is never rendered on the way, so
 * copying loads no image.
 */
export async function copyToClipboard(text: string, html?: string): Promise<boolean> {
  try {
    if (html === undefined) {
      await navigator.clipboard.writeText(text);
    } else {
      const item = new ClipboardItem({
        'text/plain': new Blob([text], { type: 'text/plain' }),
        'text/html': new Blob([html], { type: 'text/html' }),
      });
      await navigator.clipboard.write([item]);
    }
    return true;
  } catch {
    return copyByEvent(text, html);
  }
}

function copyByEvent(text: string, html: string | undefined): boolean {
  let copied = false;
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    if (html !== undefined) event.clipboardData?.setData('text/html', html);
    event.preventDefault();
    copied = event.clipboardData !== null;
  };
  document.addEventListener('copy', fill, { once: true });
  document.execCommand('copy');
  document.removeEventListener('copy', fill);
  return copied;
}
