import type { UseMutationResult } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../design/button.tsx';
import { TextField } from '../design/field.tsx';
import { ProblemNote } from '../design/states.tsx';

/** A name and a button: what every new key or credential needs. */
export function NewSecretForm({
  label,
  placeholder,
  action,
  create,
}: {
  label: string;
  placeholder: string;
  action: string;
  create: UseMutationResult<unknown, Error, string>;
}) {
  const [name, setName] = useState('');
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(name.trim(), { onSuccess: () => setName('') });
  };
  return (
    <form onSubmit={onSubmit} className="flex max-w-[64ch] flex-col gap-3">
      {create.isError && <ProblemNote error={create.error} />}
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-48 flex-1">
          <TextField
            label={label}
            placeholder={placeholder}
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <Button type="submit" icon="plus" busy={create.isPending}>
          {action}
        </Button>
      </div>
    </form>
  );
}
