import type { Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { initial } from './migrations/0001-initial.ts';
import { queueEnds } from './migrations/0003-queue-ends.ts';
import { reports } from './migrations/0004-reports.ts';
import { queueDestinations } from './migrations/0002-queue.ts';
import { mailboxes } from './migrations/0005-mailboxes.ts';
import { smtpSenders } from './migrations/0006-smtp-senders.ts';
import type { Database, EngineName } from './schema.ts';

/** Brings the schema to the newest version; does nothing when it is there already. */
export async function migrate(db: Kysely<Database>, engine: EngineName): Promise<void> {
  const migrations: Record<string, Migration> = {
    '0001-initial': initial(engine),
    '0002-queue': queueDestinations(engine),
    '0003-queue-ends': queueEnds(),
    '0004-reports': reports(engine),
    '0005-mailboxes': mailboxes(engine),
    '0006-smtp-senders': smtpSenders(),
  };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
