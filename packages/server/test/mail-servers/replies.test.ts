import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const RELAY = join(import.meta.dirname, '../../src/relay');
const PAGE = join(import.meta.dirname, '../../../../docs/mail-servers/README.md');

test('every reply that the documentation explains is one that the relay can give', () => {
  const source = readdirSync(RELAY)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(RELAY, name), 'utf8'))
    .join('\n');
  const explained = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([45]\d\d) (\d\.\d\.\d+)` /gm)];
  assert.ok(explained.length > 10, 'the table is found');
  for (const [, code = '', enhanced = ''] of explained) {
    const asValues = new RegExp(`\\w*[cC]ode: ${code}[^}]*?['"]${enhanced.replaceAll('.', '\\.')}`);
    assert.match(source, asValues, `${code} ${enhanced}`);
  }
});
