/**
 * Preloaded into every test file's process: one that does not end by itself when its tests are over has left a socket, a
 * thread or a timer behind, and fails. Node's runner would wait for it for ever.
 */
import { after } from 'node:test';

const PATIENCE_MS = 10_000;

// The runner itself is no test file.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    setTimeout(() => {
      const left = process.getActiveResourcesInfo().join(', ');
      process.stderr.write(`The tests are over, but the process does not end. Left open: ${left}\n`);
      process.exit(1);
    }, PATIENCE_MS).unref();
  });
}
