import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Channel, Rule, RuleTrigger } from '@waybill/sdk';
import { type FormEvent, useState } from 'react';
import { rulesQuery } from '../api/queries.ts';
import { ApiProblem, request } from '../api/request.ts';
import { Choice } from '../design/choice.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Checkbox, TextField } from '../design/field.tsx';
import { FormActions } from '../design/form-actions.tsx';
import { ProblemNote } from '../design/states.tsx';
import { channelKindLabel, channelTarget, triggerLabel, triggers } from './trigger-words.ts';

/** Adds a rule or changes one. */
export function RuleDialog({
  rule,
  channels,
  onClose,
}: {
  rule: Rule | undefined;
  channels: readonly Channel[];
  onClose: () => void;
}) {
  const queryClient = useQueryClient();
  const [trigger, setTrigger] = useState<RuleTrigger>(rule?.trigger ?? 'first-open');
  const [name, setName] = useState(rule?.name ?? '');
  const [channelIds, setChannelIds] = useState<readonly string[]>(
    rule?.channelIds ?? channels.slice(0, 1).map(({ id }) => id),
  );
  const done = async () => {
    await queryClient.invalidateQueries({ queryKey: rulesQuery.queryKey });
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const body = {
        name: name.trim() === '' ? triggerLabel(trigger) : name.trim(),
        trigger,
        channelIds,
        enabled: rule?.enabled ?? true,
      };
      return rule === undefined
        ? request<Rule>('POST', '/rules', body)
        : request<Rule>('PATCH', `/rules/${rule.id}`, body);
    },
    onSuccess: done,
  });
  const remove = useMutation({
    mutationFn: () => request<undefined>('DELETE', `/rules/${rule?.id ?? ''}`),
    onSuccess: done,
  });
  const problem = save.error instanceof ApiProblem ? save.error : undefined;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const toggle = (id: string, on: boolean) =>
    setChannelIds(on ? [...channelIds, id] : channelIds.filter((each) => each !== id));
  return (
    <Dialog title={rule === undefined ? 'New rule' : 'Change rule'} open onClose={onClose}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {save.isError && <ProblemNote error={save.error} atFields={['channelIds', 'name']} />}
        {remove.isError && <ProblemNote error={remove.error} />}
        <Choice legend="Tell me about" options={triggers} value={trigger} onChange={setTrigger} />
        <fieldset>
          <legend className="mb-1 font-medium">Through</legend>
          {channels.map((channel) => (
            <Checkbox
              key={channel.id}
              label={channel.name}
              hint={`${channelKindLabel(channel.config.kind)}: ${channelTarget(channel.config)}`}
              checked={channelIds.includes(channel.id)}
              onChange={(event) => toggle(channel.id, event.target.checked)}
            />
          ))}
          {channelIds.length === 0 && <p className="mt-1 text-soft">Choose at least one channel.</p>}
          {channelIds.length > 0 && problem?.field('channelIds') !== undefined && (
            <p className="text-red">{problem.field('channelIds')}</p>
          )}
        </fieldset>
        <TextField
          label="Name"
          placeholder={triggerLabel(trigger)}
          maxLength={100}
          value={name}
          error={problem?.field('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <FormActions
          submit={rule === undefined ? 'Add rule' : 'Save'}
          busy={save.isPending}
          disabled={channelIds.length === 0}
          onCancel={onClose}
          remove={rule === undefined ? undefined : { run: remove.mutate, busy: remove.isPending }}
        />
      </form>
    </Dialog>
  );
}
