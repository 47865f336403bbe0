import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What is kept of links that stay as they are. In the message's own row: most mails have two or three of them. */
export function linksLeft(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table messages add column links_left text`.execute(db);
    },
  };
}
