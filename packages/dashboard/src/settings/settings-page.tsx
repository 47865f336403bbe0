import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { attributionsQuery, sessionQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Segments } from '../design/choice.tsx';
import { Page, PageHeader, Section, useTitle } from '../design/page.tsx';
import { SkeletonRows } from '../design/states.tsx';
import { setTheme, type Theme, useTheme } from '../app/theme.ts';
import { ApiKeys } from './api-keys.tsx';
import { SmtpCredentials } from './smtp-credentials.tsx';
import { WorkspaceForm } from './workspace-form.tsx';

const themes = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const satisfies readonly { value: Theme; label: string }[];

export function SettingsPage() {
  useTitle('Settings');
  const session = useQuery(sessionQuery);
  if (session.data === undefined) {
    return (
      <Page narrow>
        <PageHeader title="Settings" />
        <SkeletonRows label="Loading settings" />
      </Page>
    );
  }
  return (
    <Page narrow>
      <PageHeader title="Settings" />
      <WorkspaceForm workspace={session.data.workspace} />
      <SmtpCredentials workspace={session.data.workspace} />
      <ApiKeys />
      <Appearance />
      <Account name={session.data.user.name} email={session.data.user.email} />
      <Attributions />
    </Page>
  );
}

function Appearance() {
  const theme = useTheme();
  return (
    <Section title="Appearance" lead="Kept in this browser.">
      <Segments label="Colours" options={themes} value={theme} onChange={setTheme} />
    </Section>
  );
}

function Account({ name, email }: { name: string; email: string }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const signOut = async () => {
    await request<undefined>('DELETE', '/session').catch(() => undefined);
    await navigate({ to: '/sign-in', search: {} });
    queryClient.clear();
  };
  return (
    <Section title="Account" lead={`${name === '' ? '' : `${name}, `}${email}`}>
      <Button icon="leave" onClick={() => void signOut()}>
        Sign out
      </Button>
    </Section>
  );
}

/** Licences of the place data ask to be named. */
function Attributions() {
  const { data } = useQuery(attributionsQuery);
  if (data === undefined || data.length === 0) return null;
  return (
    <Section title="Place data">
      <ul className="max-w-[72ch] text-soft">
        {data.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Section>
  );
}
