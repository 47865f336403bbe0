import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { newTrackingNumber, type NewMail } from '../../src/messages/messages.ts';
import { openSqlite } from '../../src/storage/engine.ts';
import { openLocalHitLog } from '../../src/storage/local-hit-log.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { Keyring, linkUrl, pixelUrl, type Hit } from '../../src/tracking/tracking.ts';
import { headerSets, MASTER_KEY } from '../edge/requests.ts';

/** Mails that were sent, and hits on them, as the processor finds them. */

const WORKSPACE = 1 as WorkspaceId;
const RECIPIENTS = 100;
const DESTINATION = 'https://shop.example.org/offers/1';
const keyring = new Keyring(new Map([[1, Buffer.from(MASTER_KEY, 'hex')]]));

/** As spread as real ones, which are random. */
function deliveryId(n: number): string {
  return hash('sha256', `delivery ${n}`).slice(0, 32);
}

/** Sent deliveries of a workspace, straight into the database of a server that does not run. */
export async function seedDeliveries(dataDir: string, count: number): Promise<void> {
  const engine = await openSqlite(join(dataDir, 'waybill.db'));
  const messages = new KyselyMessageStore(engine);
  const createdAt = Date.now() - 3_600_000;
  const mails: Promise<void>[] = [];
  for (let first = 0; first < count; first += RECIPIENTS) {
    mails.push(messages.accept(mail(first, createdAt)));
    if (mails.length === 200) await Promise.all(mails.splice(0));
  }
  await Promise.all(mails);
  await engine.db
    .updateTable('deliveries')
    .set({ sent_at: createdAt, transport: 'sent', settle_at: null })
    .execute();
  await engine.db.destroy();
}

function mail(first: number, createdAt: number): NewMail {
  return {
    messageId: hash('sha256', `message ${first}`).slice(0, 32) as NewMail['messageId'],
    workspaceId: WORKSPACE,
    from: 'news@example.org',
    to: ['readers@example.net'],
    cc: [],
    subject: 'Autumn offers',
    messageIdHeader: `<${first}@example.org>`,
    mode: 'full',
    source: 'submission',
    sizeBytes: 20_000,
    createdAt,
    sentAt: createdAt,
    deliveries: Array.from({ length: RECIPIENTS }, (_, n) => ({
      id: deliveryId(first + n) as NewMail['deliveries'][number]['id'],
      trackingNumber: newTrackingNumber((size) => crypto.getRandomValues(new Uint8Array(size))),
      recipient: `reader${first + n}@example.net`,
      pixelUrl: 'https://track.example.org/o/x.gif',
      untouched: null,
    })),
    links: [{ index: 1, url: DESTINATION }],
  };
}

const HEADERS = headerSets().map((set) =>
  Object.fromEntries(
    Object.entries(set)
      .filter(([name]) => !['Connection', 'Accept-Encoding'].includes(name))
      .map(([name, value]) => [name.toLowerCase(), value]),
  ),
);

/** Deliveries are hit in turn, and every fourth hit is a click. */
function hitOf(n: number, deliveries: number, at: number): Hit {
  const isClick = n % 4 === 3;
  return {
    at,
    kind: isClick ? 'click' : 'open',
    method: 'GET',
    workspaceId: WORKSPACE,
    subject: deliveryId(n % deliveries),
    mode: 'full',
    ...(isClick ? { linkIndex: 1, url: DESTINATION } : {}),
    ip: `${80 + (n % 40)}.${(n >> 3) % 200}.${(n >> 5) % 250}.${1 + (n % 250)}`,
    headers: HEADERS[n % HEADERS.length] ?? {},
  };
}

/** Hits that came while nobody processed them, so many a second, until now. */
export async function seedHits(
  dataDir: string,
  { count, deliveries, perSecond }: Record<'count' | 'deliveries' | 'perSecond', number>,
): Promise<void> {
  const began = Date.now() - (count / perSecond) * 1_000;
  const log = await openLocalHitLog({ directory: join(dataDir, 'hits'), logger: silentLogger });
  for (let first = 0; first < count; first += 20_000) {
    const size = Math.min(20_000, count - first);
    await Promise.all(
      Array.from({ length: size }, (_, n) =>
        log.append(hitOf(first + n, deliveries, Math.round(began + ((first + n) / perSecond) * 1_000))),
      ),
    );
  }
  await log.close();
}

/** Addresses of pixels and links of the seeded deliveries. */
export function seededPaths(count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const claims = { workspaceId: WORKSPACE, subject: deliveryId(n), linkIndex: 0, mode: 'full' as const };
    return n % 4 === 3
      ? linkUrl(keyring, '', { ...claims, linkIndex: 1 }, DESTINATION)
      : pixelUrl(keyring, '', claims);
  });
}
