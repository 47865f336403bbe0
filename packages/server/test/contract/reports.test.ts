import { freshDatabases } from '../support/both-engines.ts';
import { testAnswers } from './answers.ts';
import { testReports } from './reports.ts';

for (const { name, skip, open } of await freshDatabases()) {
  testReports(name, { skip, engine: open });
  testAnswers(name, { skip, engine: open });
}
