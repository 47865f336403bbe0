import { after } from 'node:test';
import { join } from 'node:path';
import { openPostgres, openSqlite } from '../../src/storage/engine.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testHitRecording } from './hit-recording.ts';
import type { TimelineContract } from './timeline-bench.ts';
import { testTimeline } from './timeline.ts';
import { testTransport } from './transport.ts';

const directory = await temporaryDirectory();
after(() => directory[Symbol.asyncDispose]());
const postgres = usePostgres();
let databases = 0;

const sqlite: TimelineContract = {
  skip: false,
  engine: () => openSqlite(join(directory.path, `${++databases}.db`)),
};
const server: TimelineContract = {
  skip: postgres.skip,
  engine: async () => openPostgres(await postgres.createDatabase()),
};

testTimeline('SQLite', sqlite);
testTimeline('PostgreSQL', server);
testTransport('SQLite', sqlite);
testTransport('PostgreSQL', server);
testHitRecording('SQLite', sqlite);
testHitRecording('PostgreSQL', server);
