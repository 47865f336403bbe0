import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Channel, ChannelConfig } from '@waybill/sdk';
import { type FormEvent, useState } from 'react';
import { channelsQuery, rulesQuery } from '../api/queries.ts';
import { ApiProblem, request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { CopyLine } from '../design/copy.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField, TextField } from '../design/field.tsx';
import { FormActions } from '../design/form-actions.tsx';
import { ProblemNote } from '../design/states.tsx';
import { type ChannelDraft, channelConfigOf, channelFields, draftOf } from './channel-draft.ts';
import { type ChannelKind, channelKinds } from './trigger-words.ts';

/** Adds a channel or changes one. Secrets are never shown again; left empty they stay as they are. */
export function ChannelDialog({ channel, onClose }: { channel: Channel | undefined; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(channel?.name ?? '');
  const [kind, setKind] = useState<ChannelKind>(channel?.config.kind ?? 'email');
  const [draft, setDraft] = useState<ChannelDraft>(() => draftOf(channel?.config));
  const [made, setMade] = useState<string | undefined>(undefined);
  const done = async () => {
    await queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey });
    await queryClient.invalidateQueries({ queryKey: rulesQuery.queryKey });
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const config: ChannelConfig = channelConfigOf(kind, draft, channel?.config);
      return channel === undefined
        ? request<Channel>('POST', '/channels', { name: name.trim(), config })
        : request<Channel>('PATCH', `/channels/${channel.id}`, { name: name.trim(), config });
    },
    onSuccess: async (saved) => {
      if (channel === undefined && saved.config.kind === 'webhook' && draft.secret === undefined)
        setMade(saved.config.secret);
      else await done();
    },
  });
  const remove = useMutation({
    mutationFn: () => request<undefined>('DELETE', `/channels/${channel?.id ?? ''}`),
    onSuccess: done,
  });
  const problem = save.error instanceof ApiProblem ? save.error : undefined;
  const fields = channelFields(kind, channel !== undefined);
  const atFields = ['name', ...fields.flatMap(({ field }) => [field, `config.${field}`])];
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  if (made !== undefined) return <MadeSecret secret={made} onClose={() => void done()} />;
  return (
    <Dialog title={channel === undefined ? 'New channel' : 'Change channel'} open onClose={onClose}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {save.isError && <ProblemNote error={save.error} atFields={atFields} />}
        {remove.isError && <ProblemNote error={remove.error} />}
        {channel === undefined && (
          <SelectField
            label="Kind"
            value={kind}
            onChange={(event) => setKind(event.target.value as ChannelKind)}
            hint={channelKinds.find((option) => option.value === kind)?.hint}
          >
            {channelKinds.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </SelectField>
        )}
        <TextField
          label="Name"
          required
          maxLength={100}
          value={name}
          error={problem?.field('name')}
          placeholder="My phone"
          onChange={(event) => setName(event.target.value)}
        />
        {fields.map(({ field, label, ...rest }) => (
          <TextField
            key={field}
            label={label}
            {...rest}
            value={draft[field] ?? ''}
            error={problem?.field(`config.${field}`) ?? problem?.field(field)}
            onChange={(event) => setDraft({ ...draft, [field]: event.target.value })}
          />
        ))}
        <FormActions
          submit={channel === undefined ? 'Add channel' : 'Save'}
          busy={save.isPending}
          onCancel={onClose}
          remove={channel === undefined ? undefined : { run: remove.mutate, busy: remove.isPending }}
        />
      </form>
    </Dialog>
  );
}

function MadeSecret({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title="The webhook’s secret" open onClose={onClose}>
      <div className="flex flex-col gap-4">
        <p className="text-soft">
          Copy it now; it is not shown again. With it your program checks the signature of each call, as
          Standard Webhooks describes.
        </p>
        <CopyLine text={secret} what="the secret" />
        <Button look="primary" onClick={onClose}>
          I have it
        </Button>
      </div>
    </Dialog>
  );
}
