import { useEffect, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { copyToClipboard } from './clipboard.ts';

const confirmationMs = 1_600;

function useCopied(): [boolean, (text: string, html?: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), confirmationMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text, html) => void copyToClipboard(text, html).then(setCopied)];
}

/** Copies `text`; `what` names it for those who cannot see beside what the button stands. */
export function CopyIcon({ text, what, className }: { text: string; what: string; className?: string }) {
  const [copied, copy] = useCopied();
  return (
    <>
      <IconButton
        icon={copied ? 'check' : 'copy'}
        label={`Copy ${what}`}
        onClick={() => copy(text)}
        {...(className === undefined ? {} : { className })}
      />
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </>
  );
}

export function CopyButton({
  text,
  html,
  label,
  look = 'plain',
}: {
  text: string;
  html?: string;
  label: string;
  look?: 'plain' | 'primary' | 'quiet';
}) {
  const [copied, copy] = useCopied();
  return (
    <>
      <Button look={look} icon={copied ? 'check' : 'copy'} onClick={() => copy(text, html)}>
        {copied ? 'Copied' : label}
      </Button>
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </>
  );
}

/** A command or value to copy, in the type in which it is typed. */
export function CopyLine({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex min-w-0 items-start rounded-md bg-sunken">
      <code className="min-w-0 flex-1 px-3 py-3.5 font-mono text-meta whitespace-pre-wrap wrap-anywhere md:py-2.5">
        {text}
      </code>
      <CopyIcon text={text} what={what} />
    </div>
  );
}
