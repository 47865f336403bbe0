import type { Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { initial } from './migrations/0001-initial.ts';
import { reports } from './migrations/0004-reports.ts';
import type { Database, EngineName } from './schema.ts';

/** Brings the schema to the newest version; does nothing when it is there already. */
export async function migrate(db: Kysely<Database>, engine: EngineName): Promise<void> {
  const migrations: Record<string, Migration> = {
    '0001-initial': initial(engine),
    '0004-reports': reports(engine),
  };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
