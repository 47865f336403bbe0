import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import agents from '../../data/agents.json' with { type: 'json' };
import ranges from '../../data/ranges.json' with { type: 'json' };
import { recogniseAgent } from './agent.ts';
import type { Species } from './species.ts';

const DIRECTORY = fileURLToPath(new URL('../../data/', import.meta.url));

test('every data file says what it is, where it comes from and how old it is', () => {
  for (const file of readdirSync(DIRECTORY)) {
    const { title, format, source, date } = JSON.parse(readFileSync(`${DIRECTORY}${file}`, 'utf8')) as Record<
      string,
      unknown
    >;
    assert.ok(typeof title === 'string' && typeof format === 'string', file);
    if (file === 'ranges.json') continue;
    assert.ok(typeof source === 'string', file);
    assert.match(String(date), /^\d{4}-\d\d-\d\d$/, file);
  }
  for (const { name, source, date } of ranges.ranges) {
    assert.ok(source !== '', name);
    assert.match(date, /^\d{4}-\d\d-\d\d$/, name);
  }
});

test('no row of the agents’ tables is shadowed by one before it', () => {
  const tables: [{ token: string; name: string }[], Species][] = [
    [agents.imageProxies, 'image-proxy'],
    [agents.mailClients, 'mail-client'],
    [agents.scanners, 'scanner'],
    [agents.previewBots, 'preview-bot'],
    [agents.libraries, 'program'],
  ];
  for (const [rows, species] of tables) {
    for (const { token, name } of rows) {
      const agent = recogniseAgent(`${token.replaceAll('*', '')}/1.2`);
      assert.equal(agent.species, species, token);
      assert.equal(agent.client.name, name, token);
    }
  }
});

test('tokens are in lower case, in which they are sought', () => {
  for (const rows of [
    agents.imageProxies,
    agents.mailClients,
    agents.scanners,
    agents.previewBots,
    agents.libraries,
  ]) {
    for (const { token } of rows) assert.equal(token, token.toLowerCase());
  }
});
