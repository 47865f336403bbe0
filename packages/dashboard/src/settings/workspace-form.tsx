import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Disclosure, Mode, Session, Workspace } from '@waybill/sdk';
import { type FormEvent, useState } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { ApiProblem, request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Choice, type Option } from '../design/choice.tsx';
import { SelectField, TextField } from '../design/field.tsx';
import { Section } from '../design/page.tsx';
import { ProblemNote } from '../design/states.tsx';
import { modes } from '../sign-in/modes.tsx';

const FIELDS = ['addressRetentionDays', 'hitRetentionDays', 'name'];

const disclosures: readonly Option<Disclosure>[] = [
  {
    value: 'none',
    label: 'None',
    hint: 'The mail says nothing of it. In many countries you then need the reader’s consent from elsewhere.',
  },
  {
    value: 'footer',
    label: 'A line at the end',
    hint: 'A small line with a link to the recipient’s page, where they see what is recorded and can object.',
  },
  {
    value: 'header',
    label: 'A header',
    hint: 'Machine-readable, with the same link; few mail programs show it.',
  },
];

const retentions: [string, string][] = [
  ['7', 'After 7 days'],
  ['30', 'After 30 days'],
  ['90', 'After 90 days'],
  ['365', 'After a year'],
  ['', 'Never'],
];

/** @param chosen also one that is not among the usual ones, set by the API */
function retentionOptions(chosen: string) {
  const isUsual = retentions.some(([value]) => value === chosen);
  const all = isUsual ? retentions : [...retentions, [chosen, `After ${chosen} days`] as const];
  return all.map(([value, label]) => (
    <option key={value} value={value}>
      {label}
    </option>
  ));
}

/** What may be recorded, what readers are told, and how long addresses are kept. */
export function WorkspaceForm({ workspace }: { workspace: Workspace }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(workspace.name);
  const [mode, setMode] = useState<Mode>(workspace.mode);
  const [disclosure, setDisclosure] = useState<Disclosure>(workspace.disclosure);
  const [days, setDays] = useState(
    workspace.addressRetentionDays === null ? '' : String(workspace.addressRetentionDays),
  );
  const [hitDays, setHitDays] = useState(
    workspace.hitRetentionDays === null ? '' : String(workspace.hitRetentionDays),
  );
  const save = useMutation({
    mutationFn: () =>
      request<Workspace>('PATCH', '/workspace', {
        name: name.trim(),
        mode,
        disclosure,
        addressRetentionDays: days === '' ? null : Number(days),
        hitRetentionDays: hitDays === '' ? null : Number(hitDays),
      }),
    onSuccess: (saved) =>
      queryClient.setQueryData<Session>(
        sessionQuery.queryKey,
        (session) => session && { ...session, workspace: saved },
      ),
  });
  const problem = save.error instanceof ApiProblem ? save.error : undefined;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Section
      title="Tracking"
      lead="Counts for mails from now on. A mail that is out keeps what it was sent with."
    >
      <form onSubmit={onSubmit} onChange={() => save.reset()} className="flex max-w-[64ch] flex-col gap-6">
        {save.isError && <ProblemNote error={save.error} atFields={FIELDS} />}
        <Choice legend="What may be recorded" options={modes} value={mode} onChange={setMode} />
        <Choice
          legend="What readers are told"
          options={disclosures}
          value={disclosure}
          onChange={setDisclosure}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            label="Cut readers’ addresses short"
            value={days}
            error={problem?.field('addressRetentionDays')}
            onChange={(event) => setDays(event.target.value)}
          >
            {retentionOptions(days)}
          </SelectField>
          <SelectField
            label="Delete raw hits, keep the judgement"
            value={hitDays}
            error={problem?.field('hitRetentionDays')}
            onChange={(event) => setHitDays(event.target.value)}
          >
            {retentionOptions(hitDays)}
          </SelectField>
          <TextField
            label="Workspace’s name"
            required
            maxLength={100}
            value={name}
            error={problem?.field('name')}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <div className="flex items-center gap-3">
          <Button type="submit" look="primary" busy={save.isPending}>
            Save
          </Button>
          <span role="status" className="text-soft">
            {save.isSuccess ? 'Saved' : ''}
          </span>
        </div>
      </form>
    </Section>
  );
}
