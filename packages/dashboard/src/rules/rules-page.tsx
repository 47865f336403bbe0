import { useQuery } from '@tanstack/react-query';
import type { Channel, Rule } from '@waybill/sdk';
import { useState } from 'react';
import { channelsQuery, rulesQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Page, PageHeader, Section, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { ChannelDialog } from './channel-dialog.tsx';
import { ChannelItem } from './channel-item.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { RuleItem } from './rule-item.tsx';

/** When you are told, and where. */
export function RulesPage() {
  useTitle('Rules');
  const channels = useQuery(channelsQuery);
  const rules = useQuery(rulesQuery);
  const [editedChannel, setEditedChannel] = useState<Channel | 'new' | undefined>(undefined);
  const [editedRule, setEditedRule] = useState<Rule | 'new' | undefined>(undefined);
  const noChannel = channels.data?.length === 0;
  return (
    <Page narrow>
      <PageHeader
        title="Rules"
        lead="Tell Waybill what you want to hear about, and where. Machines and your own openings never notify."
      />
      <Section
        title="When"
        action={
          <Button
            icon="plus"
            onClick={() => setEditedRule('new')}
            disabled={noChannel || channels.data === undefined}
          >
            New rule
          </Button>
        }
      >
        {rules.isPending && <SkeletonRows rows={2} label="Loading rules" />}
        {rules.isError && <ProblemNote error={rules.error} onRetry={() => void rules.refetch()} />}
        {rules.data?.length === 0 && (
          <p className="text-soft">
            {noChannel
              ? 'No rule yet. First say where you want to be told: add a channel below.'
              : 'No rule yet. Most people begin with “First opening by a person”.'}
          </p>
        )}
        {rules.data !== undefined && rules.data.length > 0 && (
          <ul>
            {rules.data.map((rule) => (
              <RuleItem
                key={rule.id}
                rule={rule}
                channels={channels.data ?? []}
                onEdit={() => setEditedRule(rule)}
              />
            ))}
          </ul>
        )}
      </Section>
      <Section
        title="Where"
        action={
          <Button icon="plus" onClick={() => setEditedChannel('new')}>
            New channel
          </Button>
        }
      >
        {channels.isPending && <SkeletonRows rows={2} label="Loading channels" />}
        {channels.isError && <ProblemNote error={channels.error} onRetry={() => void channels.refetch()} />}
        {noChannel && <p className="text-soft">No channel yet. E-mail to yourself is the quickest.</p>}
        {channels.data !== undefined && channels.data.length > 0 && (
          <ul>
            {channels.data.map((channel) => (
              <ChannelItem key={channel.id} channel={channel} onEdit={() => setEditedChannel(channel)} />
            ))}
          </ul>
        )}
      </Section>
      {editedChannel !== undefined && (
        <ChannelDialog
          channel={editedChannel === 'new' ? undefined : editedChannel}
          onClose={() => setEditedChannel(undefined)}
        />
      )}
      {editedRule !== undefined && (
        <RuleDialog
          rule={editedRule === 'new' ? undefined : editedRule}
          channels={channels.data ?? []}
          onClose={() => setEditedRule(undefined)}
        />
      )}
    </Page>
  );
}
