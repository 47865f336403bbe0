import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Channel, Rule } from '@waybill/sdk';
import { rulesQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { ProblemNote } from '../design/states.tsx';
import { Switch } from '../design/switch.tsx';
import { triggerLabel } from './trigger-words.ts';

export function RuleItem({
  rule,
  channels,
  onEdit,
}: {
  rule: Rule;
  channels: readonly Channel[];
  onEdit: () => void;
}) {
  const queryClient = useQueryClient();
  const toggle = useMutation({
    mutationFn: (enabled: boolean) => request<Rule>('PATCH', `/rules/${rule.id}`, { enabled }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: rulesQuery.queryKey }),
  });
  const names = rule.channelIds
    .map((id) => channels.find((channel) => channel.id === id)?.name)
    .filter((name) => name !== undefined);
  const enabled = toggle.isPending ? toggle.variables : rule.enabled;
  return (
    <li className="border-b border-line py-3 last:border-b-0">
      <div className="flex items-center justify-between gap-4">
        <div className={`min-w-0 ${enabled ? '' : 'text-faint'}`}>
          <p className="font-medium">{rule.name}</p>
          <p className="text-soft">
            {rule.name === triggerLabel(rule.trigger) ? '' : `${triggerLabel(rule.trigger)}. `}
            {names.length === 0 ? 'No channel, so nobody is told' : `Through ${names.join(' and ')}`}
          </p>
        </div>
        <div className="flex shrink-0 items-center gap-1">
          <Button look="quiet" onClick={onEdit} aria-label={`Change the rule ${rule.name}`}>
            Change
          </Button>
          <Switch label={`Rule ${rule.name}`} on={enabled} onChange={(on) => toggle.mutate(on)} />
        </div>
      </div>
      {toggle.isError && <ProblemNote error={toggle.error} />}
    </li>
  );
}
