import type { ApiDeps } from './deps.ts';
import type { EventStream } from './event-stream.ts';
import { readOpenApi } from './openapi.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './resources/api-keys.ts';
import {
  changeChannel,
  createChannel,
  deleteChannel,
  listChannels,
  testChannel,
} from './resources/channels.ts';
import { listDeliveryEvents, readDelivery } from './resources/deliveries.ts';
import { listEvents, streamEvents } from './resources/events.ts';
import { readHealth, readMetrics, readReadiness, type RequestCounts } from './resources/health.ts';
import { listInbox, readCapturedMail, readFrame } from './resources/inbox.ts';
import { listMessages, markSent, postMessage, previewOf, readMessage } from './resources/messages.ts';
import { readAttributions, readOverview } from './resources/overview.ts';
import { objectByPage, showRecipientPage } from './resources/recipient-page.ts';
import {
  dropQueuedCopy,
  listQueue,
  readQueuedCopy,
  readQueueSummary,
  retryQueue,
  retryQueuedCopy,
} from './resources/queue.ts';
import { listRecipients } from './resources/recipients.ts';
import { changeRule, createRule, deleteRule, listRules } from './resources/rules.ts';
import { readSession, readSetup, setUp, signIn, signOut } from './resources/session.ts';
import {
  changeSmtpCredential,
  createSmtpCredential,
  listSmtpCredentials,
  revokeSmtpCredential,
} from './resources/smtp-credentials.ts';
import { listMailboxes, readSystem } from './resources/system.ts';
import { changeWorkspace, readWorkspace } from './resources/workspace.ts';
import type { RouteMap } from './route.ts';

/** Every address of the API listener but the dashboard's files, on one page. */
export function routesOf(deps: ApiDeps, stream: EventStream, requests: RequestCounts): RouteMap {
  const routes: RouteMap = {
    'GET /api/v1/setup': readSetup(deps),
    'POST /api/v1/setup': setUp(deps),
    'GET /api/v1/session': readSession(deps),
    'POST /api/v1/session': signIn(deps),
    'DELETE /api/v1/session': signOut(deps, stream),

    'GET /api/v1/workspace': readWorkspace(deps),
    'PATCH /api/v1/workspace': changeWorkspace(deps),

    'GET /api/v1/messages': listMessages(deps),
    'POST /api/v1/messages': postMessage(deps),
    'GET /api/v1/messages/:id': readMessage(deps),
    'POST /api/v1/messages/:id/sent': markSent(deps),
    'POST /api/v1/preview': previewOf(deps),

    'GET /api/v1/deliveries/:trackingNumber': readDelivery(deps),
    'GET /api/v1/deliveries/:trackingNumber/events': listDeliveryEvents(deps),
    'GET /api/v1/events': listEvents(deps),
    'GET /api/v1/events/stream': streamEvents(stream),
    'GET /api/v1/recipients': listRecipients(deps),
    'GET /api/v1/overview': readOverview(deps),
    'GET /api/v1/attributions': readAttributions(deps),

    'GET /api/v1/api-keys': listApiKeys(deps),
    'POST /api/v1/api-keys': createApiKey(deps),
    'DELETE /api/v1/api-keys/:id': revokeApiKey(deps, stream),
    'GET /api/v1/smtp-credentials': listSmtpCredentials(deps),
    'POST /api/v1/smtp-credentials': createSmtpCredential(deps),
    'PATCH /api/v1/smtp-credentials/:id': changeSmtpCredential(deps),
    'DELETE /api/v1/smtp-credentials/:id': revokeSmtpCredential(deps),

    'GET /api/v1/channels': listChannels(deps),
    'POST /api/v1/channels': createChannel(deps),
    'PATCH /api/v1/channels/:id': changeChannel(deps),
    'DELETE /api/v1/channels/:id': deleteChannel(deps),
    'POST /api/v1/channels/:id/test': testChannel(deps),
    'GET /api/v1/rules': listRules(deps),
    'POST /api/v1/rules': createRule(deps),
    'PATCH /api/v1/rules/:id': changeRule(deps),
    'DELETE /api/v1/rules/:id': deleteRule(deps),

    'GET /api/v1/queue': listQueue(deps),
    'GET /api/v1/queue/summary': readQueueSummary(deps),
    'POST /api/v1/queue/retry': retryQueue(deps),
    'GET /api/v1/queue/:id': readQueuedCopy(deps),
    'DELETE /api/v1/queue/:id': dropQueuedCopy(deps),
    'POST /api/v1/queue/:id/retry': retryQueuedCopy(deps),

    'GET /api/v1/mailboxes': listMailboxes(deps),
    'GET /api/v1/system': readSystem(deps),

    'GET /api/v1/inbox': listInbox(deps),
    'GET /api/v1/inbox/:trackingNumber': readCapturedMail(deps),
    'GET /api/v1/inbox/:trackingNumber/frame': readFrame(deps),

    'GET /r/:token': showRecipientPage(deps),
    'POST /r/:token': objectByPage(deps),

    'GET /healthz': readHealth(),
    'GET /readyz': readReadiness(deps),
    'GET /metrics': readMetrics(deps, stream, requests),
  };
  return { ...routes, 'GET /api/v1/openapi.json': readOpenApi(routes) };
}
