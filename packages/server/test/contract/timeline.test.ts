import { freshDatabases } from '../support/both-engines.ts';
import { testHitRecording } from './hit-recording.ts';
import { testTimeline } from './timeline.ts';
import { testTransport } from './transport.ts';

for (const { name, skip, open } of await freshDatabases()) {
  const contract = { skip, engine: open };
  testTimeline(name, contract);
  testTransport(name, contract);
  testHitRecording(name, contract);
}
