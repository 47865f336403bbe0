import './styles.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './app/query-client.ts';
import { createAppRouter } from './app/router.tsx';

const outside = ['/sign-in', '/welcome'];

const queryClient = createQueryClient(() => {
  const { pathname, href } = router.state.location;
  if (outside.includes(pathname)) return;
  void router.navigate({ to: '/sign-in', search: { back: href } });
});
const router = createAppRouter(queryClient);

const element = document.getElementById('root');
if (element !== null) {
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
