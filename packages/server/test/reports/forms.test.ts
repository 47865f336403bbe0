import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { firstLook, parseReport } from '../../src/reports/reports.ts';
import { readForms, shown, type Form } from './forms.ts';

const directory = join(import.meta.dirname, 'forms');

for (const file of readdirSync(directory).sort()) {
  describe(file.replace(/\.txt$/, ''), () => {
    for (const form of readForms(join(directory, file))) {
      test(form.name, () => {
        const report = parseReport(form.message);
        assert.deepEqual(shown(report, form), form.expected);
        // In a mailbox only what looks like a report is fetched whole; a reply is known by what it answers.
        const isExpected = report.kind !== 'none' && report.kind !== 'reply';
        if (isExpected) assert.ok(looksLikeReport(form), 'it would be overlooked in a mailbox');
      });
    }
  });
}

/** As a mailbox tells: the header, and the types of the parts. */
function looksLikeReport({ message }: Form): boolean {
  const text = message.toString('latin1').trimStart();
  const types = [...text.matchAll(/^content-type:[ \t]*([\w/-]+)/gim)].map(([, type = '']) => type);
  return firstLook(Buffer.from(text.slice(0, text.indexOf('\r\n\r\n') + 2), 'latin1'), types).mayBeReport;
}
