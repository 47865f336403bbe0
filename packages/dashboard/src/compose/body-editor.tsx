import { useId } from 'react';
import { Segments } from '../design/choice.tsx';
import { type BodyKind, type Draft, isSimpleHtml } from './draft.ts';
import { RichText } from './rich-text.tsx';

const kinds = [
  { value: 'write', label: 'Formatted' },
  { value: 'html', label: 'HTML' },
  { value: 'text', label: 'Plain text' },
] as const satisfies readonly { value: BodyKind; label: string }[];

/** The mail's body: formatted as in any mail program, as HTML for those who bring a template, or plain. */
export function BodyEditor({
  draft,
  onChange,
}: {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}) {
  const id = useId();
  const tooRich = draft.kind === 'html' && !isSimpleHtml(draft.html);
  const area =
    'min-h-72 w-full rounded-md border border-edge bg-sheet px-3 py-2.5 text-field placeholder:text-faint md:text-body';
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span id={id} className="font-medium">
          Mail
        </span>
        <Segments
          label="Kind of mail"
          options={tooRich ? kinds.filter(({ value }) => value !== 'write') : kinds}
          value={draft.kind}
          onChange={(kind) => onChange({ kind })}
        />
      </div>
      {draft.kind === 'write' && (
        <RichText labelledBy={id} html={draft.html} onChange={(html, text) => onChange({ html, text })} />
      )}
      {draft.kind === 'html' && (
        <textarea
          aria-labelledby={id}
          spellCheck={false}
          value={draft.html}
          placeholder='<p>Dear Ann, <a href="https://example.org">here it is</a>.</p>'
          onChange={(event) => onChange({ html: event.target.value })}
          className={`${area} font-mono md:text-meta`}
        />
      )}
      {draft.kind === 'text' && (
        <>
          <textarea
            aria-labelledby={id}
            value={draft.text}
            onChange={(event) => onChange({ text: event.target.value })}
            className={area}
          />
          <p className="text-meta text-faint">
            Plain text carries no image and its links stay as they are, so only bounces, receipts and answers
            will be known.
          </p>
        </>
      )}
      {tooRich && (
        <p className="text-meta text-faint">
          This HTML is richer than the formatted editor can show, so it stays as source.
        </p>
      )}
    </div>
  );
}
