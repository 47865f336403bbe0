import { emptyWork } from '../../src/messages/timeline-work.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { bothEngines } from '../support/both-engines.ts';
import { testQueueStore, type OpenQueueStore } from './queue-store.ts';

for (const { name, skip, open } of await bothEngines()) {
  testQueueStore(name, { skip, open: async () => emptied(await open()) });
}

async function emptied(engine: Engine): Promise<OpenQueueStore> {
  const { db } = engine;
  const tables = ['queue', 'contents', 'captured', 'events', 'deliveries', 'messages'] as const;
  for (const table of tables) await db.deleteFrom(table).execute();
  const messages = new KyselyMessageStore(engine);
  const timelines = new KyselyTimelineStore(engine, () => 1_000);
  return {
    store: new KyselyQueueStore(engine),
    accept: (mail) => messages.accept(mail),
    join: (part) => timelines.transact({ deliveryIds: [], messageIds: [] }, () => emptyWork(), part),
    contents: async () => (await db.selectFrom('contents').select('id').execute()).length,
    positions: async () =>
      (await db.selectFrom('events').select('position').execute()).map(({ position }) => position),
    captured: () => db.selectFrom('captured').select(['recipient', 'raw', 'workspace_id']).execute(),
  };
}
