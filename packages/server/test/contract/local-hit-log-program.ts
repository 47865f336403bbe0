import { silentLogger } from '../../src/kernel/logger.ts';
import { openLocalHitLog } from '../../src/storage/local-hit-log.ts';
import { sampleHit } from '../support/sample-hit.ts';

/** Appends from eight loops for ever; prints what is durable. */
const log = await openLocalHitLog({ directory: process.argv[2] ?? '', logger: silentLogger });
let next = 0;
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (;;) {
      const at = next++;
      await log.append(sampleHit(at));
      process.stdout.write(`${at}\n`);
    }
  }),
);
