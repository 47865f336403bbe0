import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { CreatedMessage, Session } from '@waybill/sdk';
import { type FormEvent, useMemo, useState } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { ApiProblem, newIdempotencyKey, request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Page, PageHeader, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonDetail } from '../design/states.tsx';
import { badAddress, parseAddresses } from './address-list.ts';
import { BodyEditor } from './body-editor.tsx';
import { createMessageOf, type Draft, hasBody, recipientsOf } from './draft.ts';
import { Envelope } from './envelope.tsx';
import { PreviewPane } from './preview-pane.tsx';
import { Snippets } from './snippets.tsx';
import { useDraft } from './use-draft.ts';

export function ComposePage() {
  useTitle('Compose');
  const { data: session } = useQuery(sessionQuery);
  if (session === undefined) {
    return (
      <Page>
        <PageHeader title="Compose" />
        <SkeletonDetail label="Loading" />
      </Page>
    );
  }
  return <Composer session={session} />;
}

/** What keeps a draft from being sent, in words, or undefined. */
function missing(draft: Draft): string | undefined {
  if (recipientsOf(draft).length === 0) return 'Add a recipient first.';
  const bad = badAddress([...recipientsOf(draft), ...parseAddresses(draft.from)]);
  if (bad !== undefined) return `“${bad}” is not an address.`;
  if (!hasBody(draft)) return 'The mail has no text yet.';
  return undefined;
}

function Composer({ session }: { session: Session }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const own = session.user.name === '' ? session.user.email : `${session.user.name} <${session.user.email}>`;
  const [draft, change, clear] = useDraft(own);
  const [snippets, setSnippets] = useState<CreatedMessage | undefined>(undefined);
  const [complaint, setComplaint] = useState<string | undefined>(undefined);
  // One key for one content: pressing twice, or again after a lost answer, sends once.
  const content = JSON.stringify(draft);
  const key = useMemo(newIdempotencyKey, [content]);
  const create = useMutation({
    mutationFn: (send: boolean) =>
      request<CreatedMessage>('POST', '/messages', createMessageOf(draft, send), {
        idempotencyKey: `${key}${send ? 's' : 'c'}`,
      }),
    onSuccess: (created, send) => {
      void queryClient.invalidateQueries({ queryKey: ['messages'] });
      if (!send) return setSnippets(created);
      clear();
      void navigate({ to: '/messages/$messageId', params: { messageId: created.id } });
    },
  });
  const problem = create.error instanceof ApiProblem ? create.error : undefined;
  const start = (send: boolean) => {
    const reason = missing(draft);
    setComplaint(reason);
    if (reason === undefined) create.mutate(send);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    start(true);
  };
  if (snippets !== undefined) {
    return (
      <Snippets
        created={snippets}
        subject={draft.subject}
        onBack={() => setSnippets(undefined)}
        onSent={clear}
      />
    );
  }
  const count = recipientsOf(draft).length;
  return (
    <Page pane={<PreviewPane draft={draft} from={session.user.email} />}>
      <PageHeader title="Compose" />
      <form onSubmit={onSubmit} className="flex flex-col gap-5">
        {create.isError && <ProblemNote error={create.error} />}
        <Envelope draft={draft} workspaceMode={session.workspace.mode} onChange={change} problem={problem} />
        <BodyEditor draft={draft} onChange={change} />
        {complaint !== undefined && (
          <p role="alert" className="text-red">
            {complaint}
          </p>
        )}
        <div className="flex flex-wrap items-center gap-2">
          <Button type="submit" look="primary" busy={create.isPending}>
            {session.workspace.demo ? 'Send to the demo inbox' : 'Send'}
          </Button>
          <Button busy={create.isPending} icon="copy" onClick={() => start(false)}>
            Copy the snippet instead
          </Button>
        </div>
        <p className="max-w-[64ch] text-meta text-faint">
          {count > 1
            ? `${count} recipients get ${count} copies, each with its own number. `
            : 'Each recipient’s copy gets its own number. '}
          The snippet is for mail programs without SMTP settings, such as Gmail’s web page: you paste the mail
          there and send it yourself.
        </p>
      </form>
    </Page>
  );
}
