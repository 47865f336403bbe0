import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { CreatedApiKey } from '@waybill/sdk';
import { useState } from 'react';
import { apiKeysQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { CopyLine } from '../design/copy.tsx';
import { Section, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { NewSecretForm } from './new-secret-form.tsx';
import { SecretItem } from './secret-item.tsx';

/** Keys for programs that use the API. */
export function ApiKeys() {
  useTitle('API keys');
  const queryClient = useQueryClient();
  const keys = useQuery(apiKeysQuery);
  const [created, setCreated] = useState<CreatedApiKey | undefined>(undefined);
  const refresh = () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
  const create = useMutation({
    mutationFn: (name: string) => request<CreatedApiKey>('POST', '/api-keys', { name }),
    onSuccess: (key) => {
      setCreated(key);
      return refresh();
    },
  });
  return (
    <Section
      id="keys"
      title="API keys"
      lead="For programs of yours. A key may do what you may do in this workspace; give each program its own."
    >
      <NewSecretForm
        label="What is the key for?"
        placeholder="Invoices"
        action="Create key"
        create={create}
      />
      {created !== undefined && (
        <div className="mt-4 flex flex-col gap-2 rounded-lg border border-ink p-4" role="status">
          <p className="font-medium">Copy the key of “{created.name}” now. It is not shown again.</p>
          <CopyLine text={created.secret} what="the key" />
          <p className="text-meta text-faint">
            Send it as “Authorization: Bearer …”. The API describes itself at /api/v1/openapi.json.
          </p>
        </div>
      )}
      <div className="mt-4">
        {keys.isPending && <SkeletonRows rows={2} label="Loading keys" />}
        {keys.isError && <ProblemNote error={keys.error} onRetry={() => void keys.refetch()} />}
        {keys.data?.length === 0 && <p className="text-soft">No key yet.</p>}
        {keys.data !== undefined && keys.data.length > 0 && (
          <ul className="border-t border-line">
            {keys.data.map((key) => (
              <SecretItem
                key={key.id}
                name={key.name}
                shown={`${key.prefix}…`}
                createdAt={key.createdAt}
                lastUsedAt={key.lastUsedAt}
                path={`/api-keys/${key.id}`}
                warning="Programs that use it are refused from that moment on."
                onRevoked={refresh}
              />
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}
