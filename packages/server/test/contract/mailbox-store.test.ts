import { freshDatabases } from '../support/both-engines.ts';
import { testMailboxStore } from './mailbox-store.ts';

for (const { name, skip, open } of await freshDatabases()) {
  testMailboxStore(name, { skip, open });
}
