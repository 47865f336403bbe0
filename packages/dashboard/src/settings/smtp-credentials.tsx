import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { CreatedSmtpCredential, SmtpCredential, Workspace } from '@waybill/sdk';
import { useState } from 'react';
import { sessionQuery, smtpCredentialsQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { Section, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { MailProgramGuide } from './mail-program-guide.tsx';
import { NewSmtpCredentialForm, type NewSmtpCredential } from './new-smtp-credential-form.tsx';
import { SecretItem } from './secret-item.tsx';
import { SendersDialog } from './senders-dialog.tsx';

/** User names and passwords for mail programs, with the steps to set one up. */
export function SmtpCredentials() {
  useTitle('Mail programs');
  const { data: session } = useQuery(sessionQuery);
  return session === undefined ? (
    <SkeletonRows label="Loading mail programs" />
  ) : (
    <Credentials workspace={session.workspace} />
  );
}

function Credentials({ workspace }: { workspace: Workspace }) {
  const queryClient = useQueryClient();
  const credentials = useQuery(smtpCredentialsQuery);
  const [created, setCreated] = useState<CreatedSmtpCredential | undefined>(undefined);
  const [changed, setChanged] = useState<SmtpCredential | undefined>(undefined);
  const refresh = () => queryClient.invalidateQueries({ queryKey: smtpCredentialsQuery.queryKey });
  const create = useMutation({
    mutationFn: (credential: NewSmtpCredential) =>
      request<CreatedSmtpCredential>('POST', '/smtp-credentials', credential),
    onSuccess: (credential) => {
      setCreated(credential);
      return refresh();
    },
  });
  const username = created?.username ?? credentials.data?.[0]?.username;
  return (
    <Section
      id="smtp"
      title="Mail programs"
      lead="Send through Waybill from the program you know. Make a user name and password for each, so that one can be withdrawn alone."
    >
      <NewSmtpCredentialForm create={create} />
      <div className="mt-4">
        {credentials.isPending && <SkeletonRows rows={2} label="Loading credentials" />}
        {credentials.isError && (
          <ProblemNote error={credentials.error} onRetry={() => void credentials.refetch()} />
        )}
        {credentials.data !== undefined && credentials.data.length > 0 && (
          <ul className="border-t border-line">
            {credentials.data.map((credential) => (
              <SecretItem
                key={credential.id}
                name={credential.label}
                shown={credential.username}
                createdAt={credential.createdAt}
                lastUsedAt={credential.lastUsedAt}
                note={
                  credential.allowedFrom === null
                    ? 'Sends from any address'
                    : `Sends only from ${credential.allowedFrom.join(', ')}`
                }
                onChange={() => setChanged(credential)}
                path={`/smtp-credentials/${credential.id}`}
                warning="The program that uses it can no longer send. Mails it sent before are tracked on."
                onRevoked={refresh}
              />
            ))}
          </ul>
        )}
      </div>
      {changed !== undefined && (
        <SendersDialog credential={changed} onClose={() => setChanged(undefined)} onSaved={refresh} />
      )}
      <MailProgramGuide smtp={workspace.smtp} username={username} password={created?.password} />
    </Section>
  );
}
