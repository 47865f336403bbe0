import { freshDatabases } from '../support/both-engines.ts';
import { testRejudge } from './rejudge.ts';

for (const { name, skip, open } of await freshDatabases()) {
  testRejudge(name, { skip, engine: open });
}
