import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Mode, Session } from '@waybill/sdk';
import { type FormEvent, useState } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { ApiProblem, queryString, request } from '../api/request.ts';
import { Button, buttonClasses } from '../design/button.tsx';
import { Choice } from '../design/choice.tsx';
import { CopyLine } from '../design/copy.tsx';
import { TextField } from '../design/field.tsx';
import { useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonDetail } from '../design/states.tsx';
import { modes } from './modes.tsx';
import { OutsidePage } from './outside-page.tsx';

const route = getRouteApi('/welcome');

/** The first sign-in, through the link that `waybill serve` prints. Only sending the form uses the link up. */
export function WelcomePage() {
  useTitle('Welcome');
  const { token } = route.useSearch();
  const setup = useQuery({
    queryKey: ['setup', token],
    queryFn: () => request<{ needed: boolean; valid: boolean }>('GET', `/setup${queryString({ token })}`),
    retry: false,
  });
  if (setup.isPending) {
    return (
      <OutsidePage title="Welcome">
        <SkeletonDetail label="Checking the link" />
      </OutsidePage>
    );
  }
  if (setup.isError) {
    return (
      <OutsidePage title="Welcome">
        <ProblemNote error={setup.error} onRetry={() => void setup.refetch()} />
      </OutsidePage>
    );
  }
  if (!setup.data.needed) return <AlreadySetUp />;
  if (!setup.data.valid || token === undefined) return <LinkUsedUp />;
  return <SetupForm token={token} />;
}

function AlreadySetUp() {
  return (
    <OutsidePage title="This Waybill has an owner">
      <div className="flex flex-col items-start gap-4 text-soft">
        <p>
          The first sign-in was done already, so this link is no longer needed. Use your e-mail and password.
        </p>
        <Link to="/sign-in" className={buttonClasses('primary')}>
          Sign in
        </Link>
      </div>
    </OutsidePage>
  );
}

function LinkUsedUp() {
  return (
    <OutsidePage title="This link no longer works">
      <div className="flex flex-col gap-4 text-soft">
        <p>
          A sign-in link is good for 15 minutes and for one use. Nothing is lost. Run this on the server for a
          new one:
        </p>
        <CopyLine what="the command" text="npm run waybill -- sign-in" />
      </div>
    </OutsidePage>
  );
}

function SetupForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [mode, setMode] = useState<Mode>('full');
  const create = useMutation({
    mutationFn: () =>
      request<Session>('POST', '/setup', { token, name: name.trim(), email: email.trim(), password, mode }),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      void navigate({ to: '/' });
    },
  });
  const problem = create.error instanceof ApiProblem ? create.error : undefined;
  if (problem?.problem.code === 'gone') return <LinkUsedUp />;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <OutsidePage title="Welcome. Every mail of yours can have a tracking number.">
      <form onSubmit={onSubmit} className="flex flex-col gap-5">
        {create.isError && <ProblemNote error={create.error} atFields={['name', 'email', 'password']} />}
        <TextField
          label="Your name"
          name="name"
          autoComplete="name"
          required
          value={name}
          error={problem?.field('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          error={problem?.field('email')}
          hint="You sign in with it, and news of your mails goes there."
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          name="new-password"
          autoComplete="new-password"
          required
          minLength={10}
          value={password}
          error={problem?.field('password')}
          hint="Ten characters or more. A sentence is easier to keep than a riddle."
          onChange={(event) => setPassword(event.target.value)}
        />
        <Choice
          legend="What may be recorded of your readers?"
          options={modes}
          value={mode}
          onChange={setMode}
        />
        <p className="text-meta text-faint">
          It can be changed later for mails to come; a mail that is out keeps what it was sent with. Many
          countries ask you to tell your readers or to have their consent.
        </p>
        <Button type="submit" look="primary" busy={create.isPending}>
          {create.isPending ? 'Setting up' : 'Set up and sign in'}
        </Button>
      </form>
    </OutsidePage>
  );
}
