import type { UseMutationResult } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../design/button.tsx';
import { Choice } from '../design/choice.tsx';
import { TextField } from '../design/field.tsx';
import { ProblemNote } from '../design/states.tsx';

export interface NewSmtpCredential {
  label: string;
  allowedFrom: string[] | null;
}

type Senders = 'any' | 'some';

/** A name, and which addresses mail may be from. */
export function NewSmtpCredentialForm({
  create,
}: {
  create: UseMutationResult<unknown, Error, NewSmtpCredential>;
}) {
  const [label, setLabel] = useState('');
  const [senders, setSenders] = useState<Senders>('any');
  const [addresses, setAddresses] = useState('');
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const allowedFrom = senders === 'any' ? null : addresses.split(/[\s,;]+/).filter((entry) => entry !== '');
    create.mutate({ label: label.trim(), allowedFrom }, { onSuccess: () => setLabel('') });
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
      <Choice<Senders>
        legend="It may send from"
        value={senders}
        onChange={setSenders}
        options={[
          { value: 'any', label: 'Any address' },
          {
            value: 'some',
            label: 'Only these addresses',
            hint: 'Mail that says it is from another address is refused.',
          },
        ]}
      />
      {senders === 'some' && (
        <TextField
          label="Addresses or domains"
          hint="Separated by commas. @example.org means every address of that domain."
          placeholder="ann@example.org, @example.net"
          required
          maxLength={5000}
          autoCapitalize="none"
          spellCheck={false}
          value={addresses}
          onChange={(event) => setAddresses(event.target.value)}
        />
      )}
      <Button type="submit" icon="plus" busy={create.isPending} className="self-start">
        Create credential
      </Button>
    </form>
  );
}
