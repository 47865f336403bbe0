import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '../design/button.tsx';

/**
 * A small editor on the browser's own editing commands: deprecated in name, but in every browser and without
 * a library of its own. It holds simple HTML only (see `isSimpleHtml`).
 */
export function RichText({
  labelledBy,
  html,
  onChange,
}: {
  labelledBy: string;
  html: string;
  onChange: (html: string, text: string) => void;
}) {
  const area = useRef<HTMLDivElement>(null);
  const [linking, setLinking] = useState<Range | undefined>(undefined);
  // The element owns its content while one types; it is filled once, when the editor appears.
  const [initial] = useState(html);
  useEffect(() => {
    if (area.current !== null) area.current.innerHTML = initial;
    document.execCommand('defaultParagraphSeparator', false, 'p');
  }, [initial]);
  const report = () => onChange(area.current?.innerHTML ?? '', area.current?.innerText ?? '');
  const command = (name: string, value?: string) => {
    area.current?.focus();
    document.execCommand(name, false, value);
    report();
  };
  const startLink = () => {
    const selection = document.getSelection();
    const inside =
      selection !== null && selection.rangeCount > 0 && area.current?.contains(selection.anchorNode) === true;
    if (inside) setLinking(selection.getRangeAt(0).cloneRange());
    else area.current?.focus();
  };
  const finishLink = (url: string) => {
    const selection = document.getSelection();
    area.current?.focus();
    if (linking !== undefined) {
      selection?.removeAllRanges();
      selection?.addRange(linking);
    }
    if (linking?.collapsed === true)
      command('insertHTML', `<a href="${escapeAttribute(url)}">${escapeAttribute(url)}</a>`);
    else command('createLink', url);
    setLinking(undefined);
  };
  return (
    <div className="overflow-hidden rounded-md border border-edge bg-sheet focus-within:outline-2 focus-within:outline-person">
      <div role="toolbar" aria-label="Formatting" className="flex items-center border-b border-line px-1">
        <Tool icon="bold" label="Bold" run={() => command('bold')} />
        <Tool icon="italic" label="Italic" run={() => command('italic')} />
        <Tool icon="list" label="List" run={() => command('insertUnorderedList')} />
        <Tool icon="link" label="Link" run={startLink} />
      </div>
      {linking !== undefined && <LinkForm onDone={finishLink} onCancel={() => setLinking(undefined)} />}
      <div
        ref={area}
        role="textbox"
        aria-multiline="true"
        aria-labelledby={labelledBy}
        contentEditable
        suppressContentEditableWarning
        onInput={report}
        onBlur={report}
        className="rich-text min-h-64 px-3 py-2.5 text-field outline-none md:text-body"
      />
    </div>
  );
}

function Tool({
  icon,
  label,
  run,
}: {
  icon: 'bold' | 'italic' | 'list' | 'link';
  label: string;
  run: () => void;
}) {
  // The press must not take the selection away from the text that it is to format.
  return (
    <IconButton icon={icon} label={label} onMouseDown={(event) => event.preventDefault()} onClick={run} />
  );
}

function LinkForm({ onDone, onCancel }: { onDone: (url: string) => void; onCancel: () => void }) {
  const [url, setUrl] = useState('');
  const finish = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    const address = url.trim();
    if (address === '') onCancel();
    else onDone(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
  };
  return (
    <div className="flex items-center gap-2 border-b border-line px-3 py-1.5">
      <input
        autoFocus
        aria-label="Address of the link"
        inputMode="url"
        placeholder="https://example.org"
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') finish(event);
          if (event.key === 'Escape') onCancel();
        }}
        className="min-h-9 w-full bg-transparent text-field outline-none placeholder:text-faint md:text-body"
      />
      <Button look="quiet" onClick={finish}>
        Link
      </Button>
    </div>
  );
}

function escapeAttribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
