import { freshDatabases } from '../support/both-engines.ts';
import { testApiStores } from './api-stores.ts';

for (const { name, skip, open } of await freshDatabases()) {
  testApiStores(name, { skip, open });
}
