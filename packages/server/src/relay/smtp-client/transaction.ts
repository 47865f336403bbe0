import { ConnectionError, type Connection } from './connection.ts';
import type { Offers } from './handshake.ts';
import type { MailCommands } from './mail-commands.ts';
import { inOneLine, type Reply } from './reply.ts';

/** RFC 5321 §4.5.3.2: how long a server may take. */
export interface TransactionTimeouts {
  /** For MAIL, RCPT and everything that has no limit of its own. */
  commandMs: number;
  /** For the 354 after DATA. */
  dataStartMs: number;
  /** For each piece of the mail. */
  dataBlockMs: number;
  /** For the answer to the final dot. */
  dataEndMs: number;
}

/** How far a mail came; the first refusal counts. */
export interface TransactionResult {
  accepted: boolean;
  reply: Reply;
}

/** A session in which mails are sent, one after the other. */
export interface Session {
  connection: Connection;
  offers: Offers;
  mails: number;
  /** The last mail left the server with an envelope. */
  needsReset: boolean;
  /** Something of the mail itself was sent: from here on the server may have it. */
  dataBegun: boolean;
}

/** RFC 5321 §3.8 */
export const HANGS_UP = 421;
const DOT = 0x2e;
const LF = 0x0a;
/** Larger mails are written piece by piece. */
const LONG_BYTES = 262_144;

/**
 * Sends one mail. Where the server allows it all commands are one packet (RFC 2920), so that a mail costs two round
 * trips and not four.
 * @throws ConnectionError
 */
export async function sendMail(
  session: Session,
  commands: MailCommands,
  raw: Uint8Array,
  timeouts: TransactionTimeouts,
): Promise<TransactionResult> {
  session.mails++;
  session.dataBegun = false;
  const refusal = session.offers.has('PIPELINING')
    ? await beginAtOnce(session, commands, timeouts)
    : await beginStepByStep(session, commands, timeouts);
  if (refusal !== undefined) {
    session.needsReset = true;
    return { accepted: false, reply: refusal };
  }
  const { connection } = session;
  // An answer that is here already is none to this mail, whatever it says.
  if (!connection.isUsable) throw outOfStep();
  session.dataBegun = true;
  const early = await writeBody(connection, raw, timeouts.dataBlockMs);
  if (early !== undefined) {
    // A dot would end the mail, and what the server makes of it then is unknown.
    connection.fail(new ConnectionError('The mail server spoke before the mail was over.'));
    if (early.code < 400) throw outOfStep();
    return { accepted: false, reply: early };
  }
  const reply = await connection.reply(
    timeouts.dataEndMs,
    'The mail server did not say in time whether it took the mail.',
  );
  if (reply.code >= 300 && reply.code < 400) throw outOfStep();
  return { accepted: isPositive(reply), reply };
}

/** @returns the first refusal, or undefined when the server waits for the mail */
async function beginAtOnce(
  session: Session,
  { mail, rcpt }: MailCommands,
  timeouts: TransactionTimeouts,
): Promise<Reply | undefined> {
  const { connection, needsReset } = session;
  connection.write(`${needsReset ? 'RSET\r\n' : ''}${mail}\r\n${rcpt}\r\nDATA\r\n`);
  const answers: Reply[] = [];
  for (const verb of needsReset ? ['RSET', 'MAIL', 'RCPT'] : ['MAIL', 'RCPT']) {
    const answer = await connection.reply(timeouts.commandMs, late(verb));
    // The server hangs up, and says nothing more.
    if (answer.code === HANGS_UP) return answer;
    checkStep(answer, verb);
    answers.push(answer);
  }
  const toData = await connection.reply(timeouts.dataStartMs, late('DATA'));
  session.needsReset = false;
  const refusal = answers.find((answer) => !isPositive(answer));
  if (refusal === undefined) return refusalOfData(toData);
  if (toData.code !== 354) return refusal;
  const toRecipient = answers.at(-1);
  if (toRecipient !== undefined && isPositive(toRecipient)) {
    // Somebody would get the empty mail.
    connection.fail(new ConnectionError('The mail server takes a recipient without a sender.'));
  } else {
    // RFC 2920 §3.1: it waits for a mail although nobody is to get it. An empty one goes to no one.
    connection.write('.\r\n');
    await connection.reply(timeouts.dataEndMs, late('DATA'));
  }
  return refusal;
}

async function beginStepByStep(
  session: Session,
  { mail, rcpt }: MailCommands,
  { commandMs, dataStartMs }: TransactionTimeouts,
): Promise<Reply | undefined> {
  const { connection } = session;
  const steps = [
    ...(session.needsReset ? [{ line: 'RSET', limitMs: commandMs }] : []),
    { line: mail, limitMs: commandMs },
    { line: rcpt, limitMs: commandMs },
  ];
  for (const { line, limitMs } of steps) {
    connection.write(`${line}\r\n`);
    const verb = line.slice(0, 4);
    const reply = await connection.reply(limitMs, late(verb));
    if (reply.code === HANGS_UP) return reply;
    checkStep(reply, verb);
    if (!isPositive(reply)) return reply;
  }
  session.needsReset = false;
  connection.write('DATA\r\n');
  return refusalOfData(await connection.reply(dataStartMs, late('DATA')));
}

/** @throws ConnectionError for what is no word on this mail: the session is of no use any more */
function checkStep(answer: Reply, verb: string): void {
  if (answer.code >= 300 && answer.code < 400) throw outOfStep();
  if (verb === 'RSET' && !isPositive(answer)) {
    throw new ConnectionError(`The mail server refused to begin anew: ${inOneLine(answer)}`);
  }
}

/** @throws ConnectionError */
function refusalOfData(answer: Reply): Reply | undefined {
  if (answer.code === 354) return undefined;
  if (answer.code < 400) throw outOfStep();
  return answer;
}

function outOfStep(): ConnectionError {
  return new ConnectionError('The answers of the mail server do not belong to what it was asked.');
}

/**
 * The mail with its dots doubled (RFC 5321 §4.5.2), and the end.
 * @returns what the server said before the end, which was not sent then
 */
async function writeBody(
  connection: Connection,
  raw: Uint8Array,
  blockMs: number,
): Promise<Reply | undefined> {
  const bytes = withDotsDoubled(Buffer.from(raw.buffer, raw.byteOffset, raw.length));
  const end = bytes.length === 0 || bytes[bytes.length - 1] === LF ? '.\r\n' : '\r\n.\r\n';
  if (bytes.length <= LONG_BYTES) {
    connection.writeTogether([bytes, end]);
    return undefined;
  }
  try {
    await connection.writeLong(bytes, blockMs);
  } catch (error) {
    // Who finds a mail too large says so and hangs up.
    if (connection.unread === undefined) throw error;
  }
  const early = connection.unread;
  if (early === undefined) connection.write(end);
  return early;
}

/** The same bytes when no line begins with a dot. */
export function withDotsDoubled(bytes: Buffer): Buffer {
  const dots = bytes[0] === DOT ? [0] : [];
  for (let at = bytes.indexOf('\n.'); at !== -1; at = bytes.indexOf('\n.', at + 2)) dots.push(at + 1);
  if (dots.length === 0) return bytes;
  const doubled = Buffer.allocUnsafe(bytes.length + dots.length);
  let read = 0;
  let written = 0;
  for (const dot of dots) {
    written += bytes.copy(doubled, written, read, dot + 1);
    read = dot;
  }
  bytes.copy(doubled, written, read);
  return doubled;
}

function isPositive({ code }: Reply): boolean {
  return code >= 200 && code < 300;
}

function late(verb: string): string {
  return `The mail server did not answer ${verb} in time.`;
}
