import type { Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { initial } from './migrations/0001-initial.ts';
import type { Database, EngineName } from './schema.ts';

/** Brings the schema to the newest version; does nothing when it is there already. */
export async function migrate(db: Kysely<Database>, engine: EngineName): Promise<void> {
  const migrations: Record<string, Migration> = { '0001-initial': initial(engine) };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
