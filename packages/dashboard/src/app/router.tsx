import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from '../api/queries.ts';
import { ApiProblem } from '../api/request.ts';
import { MessagesPage } from '../messages/messages-page.tsx';
import { NotFound } from './not-found.tsx';
import { RouteProblem } from './route-problem.tsx';
import { Shell } from './shell.tsx';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: RouteProblem,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { back?: string | undefined } => ({
    back: text(search['back']),
  }),
  component: lazyRouteComponent(() => import('../sign-in/sign-in-page.tsx'), 'SignInPage'),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  validateSearch: (search: Record<string, unknown>): { token?: string | undefined } => ({
    token: text(search['token']),
  }),
  component: lazyRouteComponent(() => import('../sign-in/welcome-page.tsx'), 'WelcomePage'),
});

/** Everything behind the sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) {
        throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { back: location.href } });
      }
      throw error;
    }
  },
  component: Shell,
  errorComponent: RouteProblem,
});

const messages = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: (
    search: Record<string, unknown>,
  ): { query?: string | undefined; state?: string | undefined } => ({
    query: text(search['query']),
    state: text(search['state']),
  }),
  component: MessagesPage,
});

const message = createRoute({
  getParentRoute: () => inside,
  path: '/messages/$messageId',
  component: lazyRouteComponent(() => import('../messages/message-page.tsx'), 'MessagePage'),
});

const delivery = createRoute({
  getParentRoute: () => inside,
  path: '/deliveries/$trackingNumber',
  component: lazyRouteComponent(() => import('../deliveries/delivery-page.tsx'), 'DeliveryPage'),
});

const live = createRoute({
  getParentRoute: () => inside,
  path: '/live',
  component: lazyRouteComponent(() => import('../live/live-page.tsx'), 'LivePage'),
});

const recipients = createRoute({
  getParentRoute: () => inside,
  path: '/recipients',
  validateSearch: (search: Record<string, unknown>): { query?: string | undefined } => ({
    query: text(search['query']),
  }),
  component: lazyRouteComponent(() => import('../recipients/recipients-page.tsx'), 'RecipientsPage'),
});

const rules = createRoute({
  getParentRoute: () => inside,
  path: '/rules',
  component: lazyRouteComponent(() => import('../rules/rules-page.tsx'), 'RulesPage'),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('../settings/settings-layout.tsx'), 'SettingsLayout'),
});

const generalSettings = createRoute({
  getParentRoute: () => settings,
  path: '/',
  component: lazyRouteComponent(() => import('../settings/general-settings.tsx'), 'GeneralSettings'),
});

const programs = createRoute({
  getParentRoute: () => settings,
  path: '/programs',
  component: lazyRouteComponent(() => import('../settings/smtp-credentials.tsx'), 'SmtpCredentials'),
});

const keys = createRoute({
  getParentRoute: () => settings,
  path: '/keys',
  component: lazyRouteComponent(() => import('../settings/api-keys.tsx'), 'ApiKeys'),
});

const mailboxes = createRoute({
  getParentRoute: () => settings,
  path: '/mailboxes',
  component: lazyRouteComponent(() => import('../mailboxes/mailboxes-page.tsx'), 'MailboxesPage'),
});

const queue = createRoute({
  getParentRoute: () => settings,
  path: '/queue',
  validateSearch: (search: Record<string, unknown>): { show?: 'failed' | 'all' | undefined } => ({
    show: search['show'] === 'failed' || search['show'] === 'all' ? search['show'] : undefined,
  }),
  component: lazyRouteComponent(() => import('../queue/queue-page.tsx'), 'QueuePage'),
});

const system = createRoute({
  getParentRoute: () => settings,
  path: '/system',
  component: lazyRouteComponent(() => import('../system/system-page.tsx'), 'SystemPage'),
});

const compose = createRoute({
  getParentRoute: () => inside,
  path: '/compose',
  component: lazyRouteComponent(() => import('../compose/compose-page.tsx'), 'ComposePage'),
});

const inbox = createRoute({
  getParentRoute: () => inside,
  path: '/inbox',
  component: lazyRouteComponent(() => import('../inbox/inbox-page.tsx'), 'InboxPage'),
});

const captured = createRoute({
  getParentRoute: () => inside,
  path: '/inbox/$mailId',
  component: lazyRouteComponent(() => import('../inbox/captured-page.tsx'), 'CapturedPage'),
});

/** Whatever else: the way around stays in reach. */
const nowhere = createRoute({
  getParentRoute: () => inside,
  path: '$',
  component: NotFound,
});

const routeTree = root.addChildren([
  signIn,
  welcome,
  inside.addChildren([
    messages,
    message,
    delivery,
    live,
    recipients,
    rules,
    settings.addChildren([generalSettings, programs, keys, mailboxes, queue, system]),
    compose,
    inbox,
    captured,
    nowhere,
  ]),
]);

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultPendingMinMs: 0,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
