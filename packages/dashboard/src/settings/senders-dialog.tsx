import { useMutation } from '@tanstack/react-query';
import type { SmtpCredential } from '@waybill/sdk';
import { type FormEvent, useState } from 'react';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { ProblemNote } from '../design/states.tsx';
import { allowedFromOf, SendersField, sendersOf } from './senders-field.tsx';

/** Changes from which addresses a mail program may send. */
export function SendersDialog({
  credential,
  onClose,
  onSaved,
}: {
  credential: SmtpCredential;
  onClose: () => void;
  onSaved: () => unknown;
}) {
  const [senders, setSenders] = useState(() => sendersOf(credential.allowedFrom));
  const save = useMutation({
    mutationFn: () =>
      request<SmtpCredential>('PATCH', `/smtp-credentials/${credential.id}`, {
        allowedFrom: allowedFromOf(senders),
      }),
    onSuccess: async () => {
      await onSaved();
      onClose();
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={`Senders of “${credential.label}”`} open onClose={onClose}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {save.isError && <ProblemNote error={save.error} />}
        <SendersField value={senders} onChange={setSenders} />
        <p className="text-soft">It counts from the program’s next sign-in on.</p>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
