import type { Mode } from '@waybill/sdk';
import { useState } from 'react';
import type { ApiProblem } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { SelectField, TextField } from '../design/field.tsx';
import { modes } from '../sign-in/modes.tsx';
import type { Draft } from './draft.ts';

/** The first problem of a field or of one of its entries (`to.0`). */
function fieldError(problem: ApiProblem | undefined, name: string): string | undefined {
  return problem?.problem.errors?.find(
    ({ field }) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`),
  )?.message;
}

/** From, to, subject, and what may be recorded of this mail. */
export function Envelope({
  draft,
  workspaceMode,
  onChange,
  problem,
}: {
  draft: Draft;
  workspaceMode: Mode;
  onChange: (change: Partial<Draft>) => void;
  problem: ApiProblem | undefined;
}) {
  const [more, setMore] = useState(draft.cc !== '' || draft.bcc !== '');
  const text = (name: 'from' | 'to' | 'cc' | 'bcc' | 'subject') => ({
    value: draft[name],
    error: fieldError(problem, name),
    onChange: (event: { target: { value: string } }) => onChange({ [name]: event.target.value }),
  });
  const label = (mode: Mode) => modes.find((option) => option.value === mode)?.label ?? mode;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label="To"
            {...text('to')}
            placeholder="ann@example.org, Bob <bob@example.org>"
            autoComplete="off"
            spellCheck={false}
            autoFocus
          />
        </div>
        {!more && (
          <Button look="quiet" onClick={() => setMore(true)}>
            Cc, Bcc
          </Button>
        )}
      </div>
      {more && (
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label="Cc" {...text('cc')} autoComplete="off" spellCheck={false} />
          <TextField label="Bcc" {...text('bcc')} autoComplete="off" spellCheck={false} />
        </div>
      )}
      <TextField label="Subject" {...text('subject')} maxLength={900} autoComplete="off" />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="From" {...text('from')} autoComplete="off" spellCheck={false} />
        <SelectField
          label="Recorded"
          value={draft.mode}
          onChange={(event) => onChange({ mode: event.target.value as Mode | '' })}
        >
          <option value="">As the workspace: {label(workspaceMode).toLowerCase()}</option>
          {modes.map((mode) => (
            <option key={mode.value} value={mode.value}>
              {mode.label}
            </option>
          ))}
        </SelectField>
      </div>
    </div>
  );
}
