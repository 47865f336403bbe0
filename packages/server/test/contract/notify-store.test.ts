import { bothEngines } from '../support/both-engines.ts';
import { openNotifyStore } from '../support/notify-database.ts';
import { testNotifyStore } from './notify-store.ts';

for (const { name, skip, open } of await bothEngines()) {
  testNotifyStore(name, { skip, open: async () => openNotifyStore(await open()) });
}
