import { useQuery } from '@tanstack/react-query';
import type { Preview } from '@waybill/sdk';
import { useEffect, useState } from 'react';
import { request } from '../api/request.ts';
import { ProblemNote } from '../design/states.tsx';
import { LinksLeft } from '../messages/links-left.tsx';
import { type Draft, hasBody, previewOf } from './draft.ts';
import { MailFrame } from './mail-frame.tsx';

const pauseMs = 500;

function usePaused<T>(value: T): T {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}

/** How the mail will look. Nothing is stored and no image of ours is in it. */
export function PreviewPane({ draft, from }: { draft: Draft; from: string }) {
  const body = usePaused(JSON.stringify(previewOf(draft, from)));
  const preview = useQuery({
    queryKey: ['preview', body],
    queryFn: ({ signal }) => request<Preview>('POST', '/preview', JSON.parse(body) as unknown, { signal }),
    enabled: hasBody(draft),
    placeholderData: (previous) => previous,
    retry: false,
    gcTime: 0,
  });
  return (
    <aside aria-label="Preview" className="flex flex-col gap-4">
      <h2 className="font-semibold">Preview</h2>
      {!hasBody(draft) && (
        <p className="text-soft">What you write appears here as its readers will see it.</p>
      )}
      {preview.isError && hasBody(draft) && <ProblemNote error={preview.error} />}
      {preview.data !== undefined && hasBody(draft) && (
        <Shown preview={preview.data} subject={draft.subject} />
      )}
    </aside>
  );
}

function Shown({ preview, subject }: { preview: Preview; subject: string }) {
  return (
    <>
      <div className="overflow-hidden rounded-lg border border-line">
        <p className="truncate border-b border-line px-4 py-2.5 font-medium">
          {subject === '' ? '(no subject)' : subject}
        </p>
        {preview.html === null ? (
          <pre className="px-4 py-3 font-sans whitespace-pre-wrap">{preview.text}</pre>
        ) : (
          <MailFrame html={preview.html} title="Preview of the mail" />
        )}
      </div>
      {preview.untouchedBecause !== undefined && <p className="text-soft">{preview.untouchedBecause}</p>}
      {preview.untouchedBecause === undefined && <p className="text-soft">{recorded(preview)}</p>}
      <LinksLeft links={preview.untouchedLinks} />
      {/<img\s[^>]*src=["']?https?:/i.test(preview.html ?? '') && (
        <p className="text-meta text-faint">
          Pictures from other servers are left out of the preview, so that those servers learn nothing of it.
        </p>
      )}
    </>
  );
}

function recorded({ links, noPixelBecause }: Preview): string {
  const count = links.length === 1 ? 'one link' : `${links.length} links`;
  if (noPixelBecause !== undefined) {
    return `${links.length === 0 ? 'Nothing' : `Only clicks on ${count}`} will be recorded. ${noPixelBecause}`;
  }
  return links.length === 0
    ? 'No links to follow. Openings will be recorded.'
    : `Openings and ${count} will be recorded.`;
}
