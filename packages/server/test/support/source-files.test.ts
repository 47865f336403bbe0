import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSource } from './source-files.ts';

test('the reader of imports finds every way of naming another module', () => {
  const { references } = parseSource(
    'relay/queue.ts',
    [
      `import { a } from '../kernel/clock.ts';`,
      `import type { B } from './pipeline.ts';`,
      `import {\n  c,\n  type D,\n} from '../truth/truth.ts';`,
      `import 'side-effect';`,
      `import * as everything from 'node:fs';`,
      `export { e } from './deliver.ts';`,
      `export type { F } from './types.ts';`,
      `const late = await import('../storage/engine.ts');`,
      `type G = import('./g.ts').G;`,
      `const worker = new Worker(new URL('./queue-worker.ts', import.meta.url));`,
    ].join('\n'),
  );
  const named = references.map(({ file, specifier }) => file ?? specifier);
  assert.deepEqual(
    new Set(named),
    new Set([
      'kernel/clock.ts',
      'relay/pipeline.ts',
      'truth/truth.ts',
      'side-effect',
      'node:fs',
      'relay/deliver.ts',
      'relay/types.ts',
      'storage/engine.ts',
      'relay/g.ts',
      'relay/queue-worker.ts',
    ]),
  );
  const typeOnly = references.filter(({ isTypeOnly }) => isTypeOnly).map(({ specifier }) => specifier);
  assert.deepEqual(typeOnly, ['./pipeline.ts', './types.ts']);
});

test('the reader of imports is not deceived by comments and quotations', () => {
  const { references, looseStatements } = parseSource(
    'a.ts',
    [
      `/** import { a } from './a.ts'; */`,
      `// import('./b.ts')`,
      "const usage = `${names.map((n) => `\n${n}`).join('`')}\nimport { c } is written so\nstart();`;",
      `const quote = /['"\`]/g;`,
      `const ratio = total / count; // it's a half`,
      `import { d } from './d.ts';`,
    ].join('\n'),
  );
  assert.deepEqual(
    references.map(({ specifier }) => specifier),
    ['./d.ts'],
  );
  assert.deepEqual(looseStatements, []);
});

test('statements that run on import are found', () => {
  const statements = [
    'start();',
    'process.on("exit", end);',
    'if (parentPort) serve();',
    'for (;;) {}',
    'await x;',
    'new Thing();',
    '(() => {})();',
  ];
  const declarations = [
    'const a = 1;',
    'export function b() {\n  start();\n}',
    'async function c() {}',
    'type D = 1;',
    'class E {\n  f() {}\n}',
  ];
  const { looseStatements } = parseSource('a.ts', [...statements, ...declarations].join('\n'));
  assert.deepEqual(
    looseStatements.map((line) => line.slice(0, 3)),
    statements.map((line) => line.slice(0, 3)),
  );
});
