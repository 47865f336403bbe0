import type { Engine } from '../../src/storage/engine.ts';
import { KyselyQueueAdminStore } from '../../src/storage/queue-admin-store.ts';
import { KyselyQueuePurgeStore } from '../../src/storage/queue-purge-store.ts';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { bothEngines } from '../support/both-engines.ts';
import { testQueueAdmin, type OpenQueueAdmin } from './queue-admin.ts';

for (const { name, skip, open } of await bothEngines()) {
  testQueueAdmin(name, { skip, open: async () => emptied(await open()) });
}

async function emptied(engine: Engine): Promise<OpenQueueAdmin> {
  for (const table of ['queue', 'contents', 'captured'] as const) await engine.db.deleteFrom(table).execute();
  return {
    admin: new KyselyQueueAdminStore(engine),
    queue: new KyselyQueueStore(engine),
    purge: new KyselyQueuePurgeStore(engine),
    captured: async () => (await engine.db.selectFrom('captured').select('id').execute()).map(({ id }) => id),
  };
}
