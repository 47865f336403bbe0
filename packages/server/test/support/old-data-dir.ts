import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { systemRandom, type WorkspaceId } from '../../src/kernel/ids.ts';
import { loadMasterKeys } from '../../src/main/keys.ts';
import { newTrackingNumber } from '../../src/messages/tracking-number.ts';
import { initial } from '../../src/storage/migrations/0001-initial.ts';
import { sqliteDialect } from '../../src/storage/sqlite-dialect.ts';
import { Keyring, pixelUrl } from '../../src/tracking/tracking.ts';

const WORKSPACE = 7 as WorkspaceId;

/** What the first version of Waybill left behind. */
export interface OldDataDir {
  /** In the mail that went out then. */
  links: string[];
  trackingNumber: string;
  /** Path of the pixel in the mail that went out then. */
  pixelPath: string;
  /** User-Agents of hits that are durable in the hit log and were never processed. */
  waiting: string[];
}

/** A data directory as the first schema had it: a mail that is out, one that waits, and hits that nobody has read. */
export async function writeOldDataDir(dataDir: string): Promise<OldDataDir> {
  await mkdir(join(dataDir, 'hits'), { recursive: true, mode: 0o700 });
  const db = new Kysely<unknown>({ dialect: sqliteDialect(join(dataDir, 'waybill.db')) });
  const provider = { getMigrations: async () => ({ '0001-initial': initial('sqlite') }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  await db.destroy();
  if (error !== undefined) throw error;

  const [deliveryId, messageId] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const trackingNumber = newTrackingNumber(systemRandom);
  const pixelPath = pixelUrl(new Keyring(loadMasterKeys(dataDir, undefined)), '', {
    workspaceId: WORKSPACE,
    subject: deliveryId,
    linkIndex: 0,
    mode: 'full',
  });
  const at = Date.now() - 60_000;
  const database = new DatabaseSync(join(dataDir, 'waybill.db'));
  const insert = inserter(database);
  insert('workspaces', { id: WORKSPACE, name: 'Old', mode: 'full', disclosure: 'none', created_at: at });
  const message = {
    workspace_id: WORKSPACE,
    from_address: 'ann@example.org',
    to_json: '["bob@example.net"]',
    cc_json: '[]',
    mode: 'full',
    source: 'smtp',
    size_bytes: 100,
    created_at: at,
  };
  insert('messages', { ...message, id: messageId, subject: 'From the first version', sent_at: at });
  const delivery = {
    workspace_id: WORKSPACE,
    recipient: 'bob@example.net',
    verdict_state: 'queued',
    verdict_confidence: 1,
    verdict_reasons: '[]',
    verdict_settled: 1,
    created_at: at,
  };
  insert('deliveries', {
    ...delivery,
    id: deliveryId,
    message_id: messageId,
    tracking_number: trackingNumber,
    transport: 'sent',
    sent_at: at,
  });
  const links = Array.from({ length: 11 }, (_, n) => `https://example.org/${n}`);
  // Not in their order, and one whose number has two digits.
  for (const [n, url] of [...links.entries()].toReversed()) {
    insert('links', { workspace_id: WORKSPACE, message_id: messageId, link_index: n + 1, url });
  }
  queueMail(insert, { message, delivery, at });
  database.close();
  return { links, trackingNumber, pixelPath, waiting: writeOldHits(dataDir, deliveryId, at) };
}

type Insert = (table: string, row: Record<string, SQLInputValue>) => void;

function inserter(database: DatabaseSync): Insert {
  return (table, row) => {
    const columns = Object.keys(row);
    const sql = `insert into ${table} (${columns.join()}) values (${columns.map(() => '?').join()})`;
    database.prepare(sql).run(...Object.values(row));
  };
}

/** A mail that was accepted and had not left yet. */
function queueMail(
  insert: Insert,
  old: { message: Record<string, SQLInputValue>; delivery: Record<string, SQLInputValue>; at: number },
): void {
  const { at } = old;
  const [deliveryId, messageId] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  insert('messages', { ...old.message, id: messageId, subject: 'Still waiting' });
  insert('deliveries', {
    ...old.delivery,
    id: deliveryId,
    message_id: messageId,
    tracking_number: newTrackingNumber(systemRandom),
    transport: 'queued',
  });
  const raw = Buffer.from(
    'From: ann@example.org\r\nTo: bob@example.net\r\nSubject: Still waiting\r\n\r\nHello\r\n',
  );
  insert('contents', { id: 'c1', workspace_id: WORKSPACE, raw, size_bytes: raw.length, created_at: at });
  insert('queue', {
    id: 'q1',
    workspace_id: WORKSPACE,
    delivery_id: deliveryId,
    message_id: messageId,
    content_id: 'c1',
    envelope_from: 'ann@example.org',
    envelope_to: 'bob@example.net',
    envelope_options: JSON.stringify({
      wayOut: 'capture',
      copy: null,
      trackingNumber: null,
      from: 'ann@example.org',
      subject: 'Still waiting',
    }),
    state: 'ready',
    attempts: 0,
    next_attempt_at: at,
    created_at: at,
    expires_at: at + 5 * 86_400_000,
  });
}

/** The first hit log was an SQLite file. */
function writeOldHits(dataDir: string, subject: string, at: number): string[] {
  const database = new DatabaseSync(join(dataDir, 'hits', 'hits.db'));
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, hit TEXT NOT NULL);
    INSERT INTO meta VALUES ('epoch', '0123456789abcdef');
  `);
  const agents = Array.from({ length: 5 }, (_, n) => `old/${n}`);
  const insert = database.prepare('INSERT INTO hits (hit) VALUES (?)');
  for (const [n, agent] of agents.entries()) {
    insert.run(
      JSON.stringify({
        at: at + 10_000 + n,
        kind: 'open',
        method: 'GET',
        workspaceId: WORKSPACE,
        subject,
        mode: 'full',
        ip: '192.0.2.1',
        headers: { 'user-agent': agent },
      }),
    );
  }
  database.close();
  return agents;
}

/** Each file's digest, by its path in the directory. SQLite's shared memory and locks of running programs are left out. */
export async function digests(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('-shm'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [
        path.slice(directory.length + 1),
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ]),
    ),
  ) as Record<string, string>;
}
