import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../src/kernel/logger.ts';
import { openLocalHitLog } from '../../src/storage/local-hit-log.ts';
import { LocalHitSource } from '../../src/storage/local-hit-source.ts';
import { testHitLog } from './hit-log.ts';

testHitLog('local hit log', {
  openLog: (directory) => openLocalHitLog({ directory, logger: silentLogger }),
  openSource: (directory) => new LocalHitSource(directory),
  appendingProgram: fileURLToPath(new URL('./local-hit-log-program.ts', import.meta.url)),
  replace: async (directory) => {
    for (const suffix of ['', '-wal', '-shm']) await rm(join(directory, `hits.db${suffix}`), { force: true });
  },
});
