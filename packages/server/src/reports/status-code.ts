/** Codes that a mail system quotes. */
export interface Codes {
  /** Enhanced status code (RFC 3463) like `5.1.1`. */
  status?: string;
  /** Reply code (RFC 5321 §4.2) like 550; only 4xx and 5xx. */
  reply?: number;
}

/** Three small numbers, and neither an IP address nor a longer version number. */
const ENHANCED = /(?<![\d.\w])([245])\.(\d{1,3})\.(\d{1,3})(?![\d\w]|\.\d|-[a-z])/g;
const REPLY = /(?<![\d.\w/=#@+-]|\d:)([45][0-5]\d)(?=[ \t:>,;)\]-]|$)(?!-\d{2,}-)/gm;

/** Characters of a diagnostic that are searched. */
const LIMIT = 8192;

/**
 * The codes of a diagnostic. The enhanced code that stands right behind a reply code or in a form meant for it
 * (`#5.1.1`, `Status: 5.1.1`) is taken before one that only looks like it, such as a version.
 */
export function findCodes(text: string): Codes {
  const searched = text.slice(0, LIMIT);
  const codes: Codes = {};
  let best = 0;
  for (const match of searched.matchAll(ENHANCED)) {
    const weight = weightOf(searched, match.index, match[0]);
    if (weight <= best) continue;
    best = weight;
    codes.status = normalise(match[0]);
  }
  const reply = replyOf(searched);
  if (reply !== undefined) codes.reply = reply;
  return codes;
}

function weightOf(text: string, index: number, code: string): number {
  const before = text.slice(Math.max(0, index - 24), index);
  const reply = /(?:^|[^\d.])([245])\d\d[ -]{1,3}$/.exec(before)?.[1];
  if (reply !== undefined) return isTimeout(code) ? 3 : reply === code[0] ? 5 : 4;
  if (/#$|\(#$|status(?: code)?:? *\(?$|dsn[ =:]{1,3}$|code[ =:]{1,3}$/i.test(before))
    return isTimeout(code) ? 3 : 4;
  if (/(?:version|release|v|exim|sendmail|postfix|server|id|build|qmail|php|perl)[ /-]?$/i.test(before))
    return 0;
  if (/(?:^|\n)[ \t>]*$/.test(before) || /[:;<(["'] ?$/.test(before)) return 2;
  return 1;
}

/** X.4.7 only says that the sending side gave up waiting: the code of the last attempt says more. */
function isTimeout(code: string): boolean {
  return /^[45]\.4\.7$/.test(code);
}

function replyOf(text: string): number | undefined {
  const first = answerStart(text);
  return first === undefined ? undefined : Number(text.slice(first, first + 3));
}

/** Where a server's answer is quoted: a reply code at the start of a line or behind a colon, else any of three digits. */
function answerStart(text: string): number | undefined {
  let first: number | undefined;
  for (const { index } of text.matchAll(REPLY)) {
    const before = text.slice(Math.max(0, index - 40), index);
    if (AT_START.test(before) || SAID.test(before)) return index;
    first ??= index;
  }
  return first;
}

const AT_START = /(?:^|[\n:;<>[("'])[ \t]*$/;
const SAID = /(?:said|responded|reason|error|reply|with|smtp|returned|status|code|answer|was)[ :"'([]{1,3}$/i;

/** Lines about something else: other fields of the notice, rules. */
const BEHIND_ANSWER =
  /\n[ \t>]{0,12}(?:-{3,}|(?:remote|reporting|diagnostic|message|original|last-attempt|subject|sent|from|to|action|status|mail from|rcpt to|giving up)\b[^\n:]{0,30}(?::|on ))/i;

/** The server's own words, from its reply code on, where a text quotes them. */
export function answerIn(text: string): string | undefined {
  const searched = text.slice(0, LIMIT);
  const start = answerStart(searched);
  if (start === undefined) return undefined;
  const answer = searched.slice(start);
  const end = answer.search(BEHIND_ANSWER);
  return end === -1 ? answer : answer.slice(0, end);
}

/** A `Status` field: comments and leading zeros are left out (Sendmail writes `4.4.0 (temporary failure)`). */
export function statusField(value: string | undefined): string | undefined {
  const code = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])/.exec(value?.slice(0, 200) ?? '')?.[0];
  return code === undefined ? undefined : normalise(code);
}

function normalise(code: string): string {
  return code.split('.').map(Number).join('.');
}

/** Says no more than "failed" or "gave up waiting" (RFC 3463: X.0.0, X.4.7); a more exact code may replace it. */
export function isVague(status: string): boolean {
  return /^\d\.0\.0$/.test(status) || isTimeout(status);
}
