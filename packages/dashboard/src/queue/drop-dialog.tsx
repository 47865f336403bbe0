import { useMutation } from '@tanstack/react-query';
import type { QueuedCopy } from '@waybill/sdk';
import { useState } from 'react';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Checkbox } from '../design/field.tsx';
import { ProblemNote } from '../design/states.tsx';

/** Taking a copy out cannot be taken back, so it is asked for, with its consequences. */
export function DropDialog({
  copy,
  onClose,
  onDropped,
}: {
  copy: QueuedCopy;
  onClose: () => void;
  onDropped: () => unknown;
}) {
  const [notify, setNotify] = useState(false);
  const drop = useMutation({
    mutationFn: () => request<{ dropped: string }>('DELETE', `/queue/${copy.id}?notify=${notify ? 1 : 0}`),
    onSuccess: async () => {
      await onDropped();
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title="Take this copy out of the queue?"
      open
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
            Take it out
          </Button>
        </>
      }
    >
      {drop.isError && <ProblemNote error={drop.error} />}
      <p className="mb-3 wrap-anywhere">
        {copy.recipient} will not get “{copy.subject === '' ? '(no subject)' : copy.subject}”. It counts as
        not sent, and its timeline says why. Copies for other recipients stay.
      </p>
      <Checkbox
        label="Tell its sender by mail"
        checked={notify}
        onChange={(event) => setNotify(event.target.checked)}
      />
    </ConfirmDialog>
  );
}
