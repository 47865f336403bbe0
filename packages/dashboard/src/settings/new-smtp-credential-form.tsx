import type { UseMutationResult } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../design/button.tsx';
import { TextField } from '../design/field.tsx';
import { ProblemNote } from '../design/states.tsx';
import { type AllowedFrom, allowedFromOf, SendersField, sendersOf } from './senders-field.tsx';

export interface NewSmtpCredential {
  label: string;
  allowedFrom: AllowedFrom;
}

/** A name, and which addresses mail may be from. */
export function NewSmtpCredentialForm({
  create,
}: {
  create: UseMutationResult<unknown, Error, NewSmtpCredential>;
}) {
  const [label, setLabel] = useState('');
  const [senders, setSenders] = useState(() => sendersOf(null));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { label: label.trim(), allowedFrom: allowedFromOf(senders) },
      { onSuccess: () => setLabel('') },
    );
  };
  return (
    <form onSubmit={onSubmit} className="flex max-w-[64ch] flex-col gap-3">
      {create.isError && <ProblemNote error={create.error} />}
      <TextField
        label="Which program is it for?"
        placeholder="Thunderbird on the laptop"
        required
        maxLength={100}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <SendersField value={senders} onChange={setSenders} />
      <Button type="submit" icon="plus" busy={create.isPending} className="self-start">
        Create credential
      </Button>
    </form>
  );
}
