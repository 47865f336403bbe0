import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { Page } from '../design/page.tsx';
import { ProblemNote } from '../design/states.tsx';

export function RouteProblem({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main>
      <Page>
        <h1 className="sr-only">Something went wrong</h1>
        <ProblemNote
          error={error instanceof Error ? error : new Error(String(error))}
          onRetry={() => void router.invalidate()}
        />
      </Page>
    </main>
  );
}
