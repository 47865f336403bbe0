import { newDeliveryId, newMessageId, systemRandom } from '../../src/kernel/ids.ts';
import { newTrackingNumber, type NewMail } from '../../src/messages/messages.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { CHROME } from './home-reader.ts';

/** A tracked copy for each. */
export function copiesFor(recipients: readonly string[]): NewMail['deliveries'] {
  return recipients.map((recipient) => ({
    id: newDeliveryId(),
    trackingNumber: newTrackingNumber(systemRandom),
    recipient,
    pixelUrl: 'http://127.0.0.1/o/x.gif',
    untouched: null,
  }));
}

/** A mail as the relay accepts it, to those whom its copies are for, unless it says otherwise. */
export function trackedMail(
  mail: Pick<NewMail, 'workspaceId' | 'createdAt' | 'deliveries'> & Partial<NewMail>,
): NewMail {
  return {
    messageId: newMessageId(),
    from: 'a@example.org',
    to: mail.deliveries.map(({ recipient }) => recipient),
    cc: [],
    subject: 'Hello',
    messageIdHeader: '<1@example.org>',
    mode: 'full',
    source: 'submission',
    sizeBytes: 100,
    sentAt: mail.createdAt,
    links: [],
    ...mail,
  };
}

/** An opening by a browser at home, unless it says otherwise. */
export function loggedHit(
  hit: Pick<LoggedHit, 'seq' | 'at' | 'workspaceId' | 'subject'> & Partial<LoggedHit>,
): LoggedHit {
  return {
    epoch: 'epoch-a',
    kind: 'open',
    method: 'GET',
    mode: 'full',
    ip: '91.10.10.10',
    headers: { 'user-agent': CHROME },
    ...hit,
  };
}
