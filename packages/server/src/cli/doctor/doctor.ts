import type { CliIo } from '../io.ts';
import { paintFor, type Paint } from '../paint.ts';
import { readArguments, wrongCall, type Usage } from '../read-arguments.ts';
import type { Finding, Level } from './finding.ts';

const USAGE = {
  command: 'doctor',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill doctor [--json]

Looks at everything that this machine needs to run Waybill well, says what is wrong and what to do: data directory, disk,
clock, ports, certificate, DNS, the way in from outside, smarthost, mailboxes, address lists. A server may run meanwhile.
To be called on the server's machine with its settings. Nothing is changed. Exits with 1 when there is a problem.

  --json    {"ok": false, "findings": [{"topic", "level", "text", "advice"}]} instead; level is one of
            ok, warning, problem, unknown
`,
} as const satisfies Usage;

/** All checks of this machine, each with its deadline. */
export type Examine = () => Promise<Finding[]>;

/** `waybill doctor` */
export async function run(args: string[], io: CliIo, examine: Examine): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (positionals.length > 0)
    return wrongCall('doctor', `${JSON.stringify(positionals[0])} is not understood.`, io);
  const findings = await examine();
  const ok = findings.every(({ level }) => level !== 'problem');
  if (values.json === true) io.stdout.write(`${JSON.stringify({ ok, findings }, undefined, 2)}\n`);
  else io.stdout.write(report(findings, paintFor(io), widthOf(io)));
  return ok ? 0 : 1;
}

const SIGNS: Record<Level, string> = { ok: '✓', warning: '!', problem: '✗', unknown: '·' };
const NARROW = 60;
const WIDE = 110;

function widthOf({ stdout }: CliIo): number {
  const { columns } = stdout as Partial<NodeJS.WriteStream>;
  return Math.min(WIDE, Math.max(NARROW, columns ?? WIDE));
}

/** A topic once, its findings below each other, what to do indented behind an arrow. */
function report(findings: readonly Finding[], paint: Paint, width: number): string {
  const column = Math.max(...findings.map(({ topic }) => topic.length)) + 2;
  const indent = ' '.repeat(column + 4);
  const room = width - indent.length;
  const lines: string[] = [''];
  let before = '';
  for (const { topic, level, text, advice } of findings) {
    const isTrouble = level === 'warning' || level === 'problem';
    const sign = isTrouble ? paint.trouble(SIGNS[level]) : paint.quiet(SIGNS[level]);
    const name = (topic === before ? '' : topic).padEnd(column);
    const [first = '', ...rest] = wrap(text, room);
    lines.push(`  ${sign} ${paint.strong(name)}${first}`, ...rest.map((line) => indent + line));
    if (advice !== undefined) {
      const [head = '', ...tail] = wrap(advice, room - 2);
      lines.push(
        ...[`→ ${head}`, ...tail.map((line) => `  ${line}`)].map((line) => indent + paint.quiet(line)),
      );
    }
    before = topic;
  }
  return `${lines.join('\n')}\n\n  ${closing(findings, paint)}\n\n`;
}

function closing(findings: readonly Finding[], paint: Paint): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems + warnings === 0) return 'All is well, as far as this machine can know.';
  const parts = [
    problems === 0 ? '' : `${problems} problem${problems === 1 ? '' : 's'}`,
    warnings === 0 ? '' : `${warnings} warning${warnings === 1 ? '' : 's'}`,
  ].filter((part) => part !== '');
  return paint.strong(`${parts.join(' and ')}.`);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
