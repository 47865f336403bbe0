import assert from 'node:assert/strict';
import { test } from 'node:test';
import crawlers from 'crawler-user-agents';
import { listedMachine } from './listed-machine.ts';

const patterns = crawlers as readonly { pattern: string; tags?: string[]; instances: readonly string[] }[];

test('the index says of every known instance what the patterns themselves say', () => {
  const expressions = patterns.map(({ pattern, tags = [] }) => ({
    tags,
    expression: new RegExp(pattern, 'i'),
  }));
  const agents = patterns.flatMap(({ instances }) => instances.slice(0, 2));
  assert.ok(agents.length > 500);
  for (const agent of agents) {
    const lower = agent.toLowerCase();
    const matching = expressions.filter(({ expression }) => expression.test(lower));
    assert.deepEqual(
      listedMachine(lower),
      {
        machine: matching.length > 0,
        scanner: matching.some(({ tags }) => tags.includes('scanner')),
        preview: matching.some(({ tags }) => tags.includes('social-preview')),
      },
      agent,
    );
  }
});

test('a browser is in no list', () => {
  const agent =
    'mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/140.0.0.0 safari/537.36';
  assert.deepEqual(listedMachine(agent), { machine: false, scanner: false, preview: false });
});
