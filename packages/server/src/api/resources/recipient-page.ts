import { z } from 'zod';
import { PAGE_CSP, recipientPage, type PageKind, type Recorded } from '../../privacy/privacy.ts';
import type { ApiDeps } from '../deps.ts';
import { route, type Call } from '../route.ts';

type Deps = Pick<ApiDeps, 'privacy'>;

const params = z.strictObject({ token: z.string().max(500) });

export function showRecipientPage({ privacy }: Deps) {
  return route({
    access: 'public',
    tag: "Recipient's page",
    summary: 'What is recorded of a delivery, for its recipient',
    params,
    answer: { status: 200, description: 'A page without scripts', contentType: 'text/html' },
    handle: async ({ params: { token }, request, reply }) => {
      const recorded = await privacy.recorded(token);
      return sendPage({ request, reply }, recorded === undefined ? 404 : 200, recorded);
    },
  });
}

export function objectByPage({ privacy }: Deps) {
  return route({
    access: 'public',
    tag: "Recipient's page",
    summary: 'The recipient objects to being tracked by this sender',
    description:
      'Answers 200 once the edge has acknowledged it, and 202 when it is stored but the edge cannot be reached.',
    params,
    form: true,
    answer: { status: 200, description: 'A page that confirms it', contentType: 'text/html' },
    handle: async ({ params: { token }, request, reply }) => {
      const send = (status: number, recorded: Recorded | undefined, kind?: PageKind) =>
        sendPage({ request, reply }, status, recorded, kind);
      const outcome = await privacy.object(token);
      if (outcome === undefined) return send(404, undefined);
      const { recorded, inForce } = outcome;
      if (recorded.kind === 'message') return send(200, recorded);
      return send(inForce ? 200 : 202, recorded, inForce ? 'objected' : 'pending');
    },
  });
}

function sendPage(
  { request, reply }: Pick<Call<'public', unknown, unknown, unknown>, 'request' | 'reply'>,
  status: number,
  recorded: Recorded | undefined,
  kind: PageKind = 'shown',
) {
  return reply
    .code(status)
    .header('content-security-policy', PAGE_CSP)
    .header('vary', 'accept-language')
    .type('text/html; charset=utf-8')
    .send(recipientPage(recorded, { kind, acceptLanguage: request.headers['accept-language'] }));
}
