import type { TestContext } from 'node:test';

const LINES_SHOWN = 120;

/**
 * When the test or one of its subtests has failed, its output ends with this log. To be called before the hook that ends
 * what is logging.
 */
export function showWhenFailed(t: TestContext, name: string, log: () => string): void {
  let hasFailed = false;
  t.afterEach((subtest) => {
    hasFailed ||= !subtest.passed;
  });
  t.after(() => {
    if (hasFailed || !t.passed) t.diagnostic(`${name}'s log:\n${lastLines(log())}`);
  });
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
}
