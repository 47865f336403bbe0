import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { sessionQuery } from '../api/queries.ts';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Segments } from '../design/choice.tsx';
import { Section, useTitle } from '../design/page.tsx';
import { SkeletonRows } from '../design/states.tsx';
import { setTheme, type Theme, useTheme } from '../app/theme.ts';
import { WorkspaceForm } from './workspace-form.tsx';

const themes = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const satisfies readonly { value: Theme; label: string }[];

/** What may be recorded, how this browser looks, and who is signed in. */
export function GeneralSettings() {
  useTitle('Settings');
  const session = useQuery(sessionQuery);
  if (session.data === undefined) return <SkeletonRows label="Loading settings" />;
  return (
    <>
      <WorkspaceForm workspace={session.data.workspace} />
      <Appearance />
      <Account name={session.data.user.name} email={session.data.user.email} />
    </>
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
