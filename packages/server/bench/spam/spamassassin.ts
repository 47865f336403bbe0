import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Filter, Opinion } from './filter.ts';

/** SpamAssassin with its packaged rules: no network tests, no Bayes. @param directory an empty one, for its state */
export async function startSpamAssassin(directory: string): Promise<Filter> {
  const script = join(import.meta.dirname, 'spamassassin.pl');
  const child = spawn('perl', [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error('SpamAssassin ended: is the package spamassassin installed?');
    return value;
  };
  return {
    name: 'SpamAssassin',
    parallel: 1,
    version: await nextLine(),
    check: async (mail) => {
      // It counts message and envelope lines with LF alone.
      const bytes = Buffer.from(mail.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
      child.stdin.write(`${bytes.length}\n`);
      child.stdin.write(bytes);
      return parseLine(await nextLine());
    },
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

function parseLine(line: string): Opinion {
  const [score = '', names = ''] = line.split('\t');
  const rules = names
    .split(' ')
    .filter((name) => name !== '')
    .map((name): [string, number] => {
      const [rule = '', points = '0'] = name.split('=');
      return [rule, Number(points)];
    });
  return { score: Number(score), rules: new Map(rules) };
}
