import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which addresses an SMTP credential may send from. */
export function smtpSenders(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('smtp_credentials').addColumn('allowed_from', 'text').execute();
    },
  };
}
