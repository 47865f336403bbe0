import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router';
import type { Session } from '@waybill/sdk';
import { type FormEvent, useState } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { ApiProblem, request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { CopyLine } from '../design/copy.tsx';
import { TextField } from '../design/field.tsx';
import { useTitle } from '../design/page.tsx';
import { Note, ProblemNote } from '../design/states.tsx';
import { OutsidePage } from './outside-page.tsx';
import { safeReturn } from './safe-return.ts';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  useTitle('Sign in');
  const { back } = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: () => request<{ needed: boolean; valid: boolean }>('GET', '/setup'),
    retry: false,
  });
  const signIn = useMutation({
    mutationFn: () => request<Session>('POST', '/session', { email: email.trim(), password }),
    onSuccess: (session) => {
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, session);
      const target = safeReturn(back);
      if (target === undefined) void navigate({ to: '/' });
      else router.history.push(target);
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  if (setup.data?.needed === true) return <NobodyYet />;
  return (
    <OutsidePage title="Sign in">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {back !== undefined && !signIn.isError && (
          <Note icon="question">Sign in, and you are back where you were.</Note>
        )}
        {signIn.isError && (
          <ProblemNote
            error={signIn.error}
            {...(isRefusal(signIn.error) ? { title: 'That did not fit' } : {})}
          />
        )}
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" busy={signIn.isPending}>
          {signIn.isPending ? 'Signing in' : 'Sign in'}
        </Button>
      </form>
    </OutsidePage>
  );
}

function isRefusal(error: Error): boolean {
  return error instanceof ApiProblem && error.status === 401;
}

/** Before the first user exists there is nothing to sign in to. */
function NobodyYet() {
  return (
    <OutsidePage title="Nobody has signed in here yet">
      <div className="flex flex-col gap-4 text-soft">
        <p>
          The first sign-in goes through a link that only whoever runs this server can see. It was printed
          when Waybill started. For a new one, run this on the server:
        </p>
        <CopyLine what="the command" text="npm run waybill -- sign-in" />
      </div>
    </OutsidePage>
  );
}
