import { sql, type Kysely } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, Migrator, type Migration } from 'kysely/migration';
import { refuseUnknown, type MigrationName } from './known-migrations.ts';
import { initial } from './migrations/0001-initial.ts';
import { queueEnds } from './migrations/0003-queue-ends.ts';
import { reports } from './migrations/0004-reports.ts';
import { queueDestinations } from './migrations/0002-queue.ts';
import { mailboxes } from './migrations/0005-mailboxes.ts';
import { smtpSenders } from './migrations/0006-smtp-senders.ts';
import { queueDeferrals } from './migrations/0009-queue-deferrals.ts';
import { listsAndAges } from './migrations/0010-lists-and-ages.ts';
import { hitContext } from './migrations/0011-hit-context.ts';
import { hitRetention } from './migrations/0013-hit-retention.ts';
import { hitProcessing } from './migrations/0014-hit-processing.ts';
import { messageLinks } from './migrations/0016-message-links.ts';
import { linksLeft } from './migrations/0017-links-left.ts';
import { settledAnew } from './migrations/0018-settled-anew.ts';
import { pastOfDeliveries } from './migrations/0019-past-of-deliveries.ts';
import type { Database, EngineName } from './schema.ts';

const MIGRATIONS: Readonly<Record<MigrationName, (engine: EngineName) => Migration>> = {
  '0001-initial': initial,
  '0002-queue': queueDestinations,
  '0003-queue-ends': queueEnds,
  '0004-reports': reports,
  '0005-mailboxes': mailboxes,
  '0006-smtp-senders': smtpSenders,
  '0009-queue-deferrals': queueDeferrals,
  '0010-lists-and-ages': listsAndAges,
  '0011-hit-context': hitContext,
  '0013-hit-retention': hitRetention,
  '0014-hit-processing': hitProcessing,
  '0016-message-links': messageLinks,
  '0017-links-left': linksLeft,
  '0018-settled-anew': settledAnew,
  '0019-past-of-deliveries': pastOfDeliveries,
};

/**
 * Brings the schema to the newest version; does nothing when it is there already.
 * @throws AppError `misconfigured` when a newer program has been here; nothing is touched then
 */
export async function migrate(db: Kysely<Database>, engine: EngineName): Promise<void> {
  const done = await migrationsDone(db, engine);
  refuseUnknown([...done]);
  // The migrator would look at every column of every table thrice.
  if (Object.keys(MIGRATIONS).every((name) => done.has(name))) return;
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, migration]) => [name, migration(engine)]),
  );
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function migrationsDone(db: Kysely<Database>, engine: EngineName): Promise<ReadonlySet<string>> {
  const table =
    engine === 'sqlite'
      ? sql`select 1 from sqlite_master where type = 'table' and name = ${DEFAULT_MIGRATION_TABLE}`
      : sql`select 1 where to_regclass(${DEFAULT_MIGRATION_TABLE}) is not null`;
  if ((await table.execute(db)).rows.length === 0) return new Set();
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  return new Set(rows.map(({ name }) => name));
}
