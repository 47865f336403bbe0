import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseReport } from '../../src/reports/reports.ts';
import { readForms, shown } from './forms.ts';

const directory = join(import.meta.dirname, 'forms');

for (const file of readdirSync(directory).sort()) {
  describe(file.replace(/\.txt$/, ''), () => {
    for (const form of readForms(join(directory, file))) {
      test(form.name, () => {
        assert.deepEqual(shown(parseReport(form.message), form), form.expected);
      });
    }
  });
}
