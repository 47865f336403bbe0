import { saysStillTrying } from './delay-words.ts';
import type { StatusRecipient } from './delivery-status.ts';
import { classOfCodes, classOfWords } from './failure-class.ts';
import type { ReportSource } from './report-source.ts';
import type { FailureClass, ReportAction, ReportRecipient } from './report.ts';
import { answerIn, findCodes, isVague, type Codes } from './status-code.ts';

const MAX_DIAGNOSTIC = 500;

const DELIVERED = /(?:was|were|been) successfully delivered|\bsuccessful(?:ly)? deliver/i;
/** To a system that tells no more. */
const RELAYED = /\bsuccessfully relayed\b|\brelayed to (?:a )?(?:non-|mailer|server|system|host)/i;
/** Exim's words for a temporary trouble that lasted too long. */
const RETRIED = /retry time|failing for a long time|mta-imposed quota/i;

/** What happened to one recipient, from its fields and from what the notice says, nearest words first. */
export function describe(
  source: ReportSource,
  fields: Partial<StatusRecipient> & { address: string },
  about: readonly string[],
): ReportRecipient {
  const quoted = findCodes(fields.diagnostic ?? '');
  const said = codesSaid(about);
  const codes = hasCode(quoted) ? quoted : said;
  const action = fields.action ?? actionSaid(source, codes, fields.status);
  const status =
    statusOf(action, [quoted.status, fields.status, said.status]) ??
    vagueStatus(action, codes.reply, about[0]);
  const recipient: ReportRecipient = { address: fields.address, action, status };
  const reason = reasonIn([fields.diagnostic, fields.comment, ...about], { ...codes, status });
  if (action === 'failed' || action === 'delayed') recipient.class = reason.class;
  const diagnostic = oneLine(fields.diagnostic ?? reason.text, fields.address);
  if (diagnostic !== '') recipient.diagnostic = diagnostic;
  if (fields.originalAddress !== undefined) recipient.originalAddress = fields.originalAddress;
  return recipient;
}

/** The codes of the nearest words; where they only reply with three digits, the exact code that later words put to it. */
function codesSaid(about: readonly string[]): Codes {
  const all = about.map(findCodes).filter(hasCode);
  const [nearest] = all;
  if (nearest === undefined || (nearest.status !== undefined && !isVague(nearest.status)))
    return nearest ?? {};
  const isSame = (status: string): boolean =>
    !isVague(status) && (nearest.reply === undefined || status.startsWith(String(nearest.reply).slice(0, 1)));
  const exact = all.find(({ status }) => status !== undefined && isSame(status))?.status;
  return exact === undefined ? nearest : { ...nearest, status: exact };
}

function hasCode({ status, reply }: Codes): boolean {
  return status !== undefined || reply !== undefined;
}

function actionSaid({ fields, own }: ReportSource, codes: Codes, status: string | undefined): ReportAction {
  const text = `${fields.first('subject') ?? ''}\n\n${own.slice(0, 400).join('\n')}`;
  if (status?.startsWith('2') === true) return DELIVERED.test(text) ? 'delivered' : 'relayed';
  if ((codes.reply ?? 0) < 400) {
    if (DELIVERED.test(text)) return 'delivered';
    if (RELAYED.test(text)) return 'relayed';
  }
  return (codes.reply ?? 0) < 500 && saysStillTrying(text) ? 'delayed' : 'failed';
}

/**
 * The remote server's own code, where the diagnostic quotes one, tells why; the `Status` field is what the reporting
 * system made of it. The words of the notice are asked last. What was not delivered has no code of success, whoever
 * quotes one.
 */
function statusOf(action: ReportAction, candidates: readonly (string | undefined)[]): string | undefined {
  const isTrouble = action === 'failed' || action === 'delayed';
  const fitting = candidates.filter((code) => code !== undefined && (!isTrouble || !code.startsWith('2')));
  return fitting.find((code) => code !== undefined && !isVague(code)) ?? fitting[0];
}

/** RFC 3463 §2: X.0.0 when only the class of the status is known. */
function vagueStatus(action: ReportAction, reply: number | undefined, words = ''): string {
  if (action === 'delayed') return '4.0.0';
  if (reply !== undefined) return reply >= 500 ? '5.0.0' : '4.0.0';
  if (RETRIED.test(words)) return '4.0.0';
  return action === 'failed' ? '5.0.0' : '2.0.0';
}

/**
 * The nearest text that tells why, and the reason. Words count down to the first text with a code; then the code does,
 * unless it says as little as "failed"; then the words farther away.
 */
function reasonIn(
  texts: readonly (string | undefined)[],
  codes: Codes,
): { class: FailureClass; text: string } {
  const spoken = texts.filter((text): text is string => text !== undefined && text.trim() !== '');
  const coded = spoken.findIndex((text) => hasCode(findCodes(text)));
  const near = coded === -1 ? 1 : coded + 1;
  const nearest = reasonInWords(spoken.slice(0, near), codes);
  if (nearest !== undefined) return nearest;
  const byCodes = classOfCodes(codes);
  const text = answerText(spoken[coded === -1 ? 0 : coded] ?? '');
  if (byCodes !== undefined && codes.status !== undefined && !isVague(codes.status))
    return { class: byCodes, text };
  return reasonInWords(spoken.slice(near), codes) ?? { class: byCodes ?? withoutWords(texts[0]), text };
}

/** A number alone is the exit status of a local program (`Diagnostic-Code: X-Unix; 73`). */
function withoutWords(diagnostic: string | undefined): FailureClass {
  return /^\s*\d{1,3}\s*$/.test(diagnostic ?? '') ? 'system' : 'other';
}

function reasonInWords(
  texts: readonly string[],
  codes: Codes,
): { class: FailureClass; text: string } | undefined {
  for (const text of texts) {
    const found = classOfWords(text, codes);
    if (found !== undefined) return { class: found, text: answerText(text) };
  }
  return undefined;
}

function answerText(text: string): string {
  return answerIn(text) ?? text;
}

/** The diagnostic as one line, without the address that it may begin with. */
function oneLine(text: string, address: string): string {
  const lead = new RegExp(String.raw`^[<"'*\s-]{0,8}${escaped(address)}[>"'\s]{0,8}[:.]{0,4}\s{0,8}`, 'i');
  // eslint-disable-next-line no-control-regex -- they must not get into a terminal or a page
  const flat = text.slice(0, 4000).replaceAll(/[\s\u0000-\u001f\u007f]+/g, ' ');
  return flat.trim().replace(lead, '').slice(0, MAX_DIAGNOSTIC).trim();
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
