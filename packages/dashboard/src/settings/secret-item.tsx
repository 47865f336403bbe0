import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Moment } from '../design/moment.tsx';
import { ProblemNote } from '../design/states.tsx';

/** A key or credential in a list: how to recognise it, when it was used, and the way to withdraw it. */
export function SecretItem({
  name,
  shown,
  createdAt,
  lastUsedAt,
  note,
  path,
  warning,
  onChange,
  onRevoked,
}: {
  name: string;
  shown: string;
  createdAt: string;
  lastUsedAt: string | null;
  /** What else is to be known of it, in a line. */
  note?: string | undefined;
  path: string;
  warning: string;
  /** Absent when nothing of it can be changed. */
  onChange?: () => void;
  onRevoked: () => unknown;
}) {
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => request<undefined>('DELETE', path),
    onSuccess: () => {
      setAsking(false);
      return onRevoked();
    },
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line py-2 last:border-b-0 sm:flex-nowrap">
      <div className="min-w-0">
        <p className="truncate">
          <span className="font-medium">{name}</span>{' '}
          <code className="font-mono text-meta text-faint">{shown}</code>
        </p>
        <p className="text-meta text-faint">
          Made <Moment at={createdAt} />
          {lastUsedAt === null ? (
            ', not used yet'
          ) : (
            <>
              , last used <Moment at={lastUsedAt} />
            </>
          )}
        </p>
        {note !== undefined && <p className="text-meta wrap-anywhere text-faint">{note}</p>}
      </div>
      <div className="-ml-3.5 flex shrink-0 gap-1 sm:ml-0">
        {onChange !== undefined && (
          <Button look="quiet" onClick={onChange} aria-label={`Change ${name}`}>
            Change
          </Button>
        )}
        <Button look="quiet" onClick={() => setAsking(true)} aria-label={`Revoke ${name}`}>
          Revoke
        </Button>
      </div>
      <ConfirmDialog
        title={`Revoke “${name}”?`}
        open={asking}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
              Revoke
            </Button>
          </>
        }
      >
        {revoke.isError ? <ProblemNote error={revoke.error} /> : <p>{warning} This cannot be undone.</p>}
      </ConfirmDialog>
    </li>
  );
}
