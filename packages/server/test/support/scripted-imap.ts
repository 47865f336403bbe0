import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What a server does that Dovecot never would: answers a command itself, or `undefined` for the usual answer. */
export type ImapScript = (command: string, socket: Socket) => string | undefined;

/** Signing in by SASL with an initial response (RFC 4959). */
export interface ScriptedSignIn {
  /** Like `AUTH=XOAUTH2`. */
  capabilities: string;
  /** @returns undefined when it is fine, else what a refusal is explained with (RFC 7628 §3.2.2) */
  refuse: (mechanism: string, response: string) => Record<string, string> | undefined;
}

/** As much of an IMAP server (RFC 9051) as it takes to be asked for mail; any sign-in is fine, unless it is scripted. */
export interface ScriptedImap extends AsyncDisposable {
  imap: { host: string; port: number };
  /** Every command, without its tag. */
  commands: string[];
  /** There is one message more. */
  announce(raw: Buffer): void;
}

export async function startScriptedImap(
  mails: readonly Buffer[],
  script: ImapScript,
  signIn?: ScriptedSignIn,
): Promise<ScriptedImap> {
  const messages = [...mails];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const more = signIn === undefined ? '' : ` ${signIn.capabilities}`;
    socket.write(`* OK [CAPABILITY IMAP4rev1 IDLE SASL-IR${more}] ready\r\n`);
    let buffer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      buffer += text;
      for (let end = buffer.indexOf('\r\n'); end !== -1; end = buffer.indexOf('\r\n')) {
        answer(socket, buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
      }
    });
  });
  const idle = new Map<Socket, string>();
  const refused = new Map<Socket, string>();
  const answer = (socket: Socket, line: string): void => {
    if (line === 'DONE') return void socket.write(`${idle.get(socket)} OK done\r\n`, 'latin1');
    const refusedTag = refused.get(socket);
    if (refusedTag !== undefined) {
      // Whatever the client says now, it is the end of this attempt.
      refused.delete(socket);
      commands.push(`(${line})`);
      return void socket.write(`${refusedTag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n`);
    }
    const [, tag = '', command = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    commands.push(command);
    if (command === 'IDLE') {
      idle.set(socket, tag);
      return void socket.write('+ idling\r\n');
    }
    const [, mechanism = '', response = ''] = /^AUTHENTICATE (\S+) (\S+)$/.exec(command) ?? [];
    const problem = mechanism === '' ? undefined : signIn?.refuse(mechanism, base64(response));
    if (problem !== undefined) {
      refused.set(socket, tag);
      return void socket.write(`+ ${Buffer.from(JSON.stringify(problem)).toString('base64')}\r\n`);
    }
    const own = script(command, socket);
    if (socket.destroyed) return;
    socket.write(`${own ?? usual(command, messages)}${tag} OK done\r\n`, 'latin1');
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    imap: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    commands,
    announce: (raw) => {
      messages.push(raw);
      for (const socket of sockets) socket.write(`* ${messages.length} EXISTS\r\n`);
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function usual(command: string, mails: readonly Buffer[]): string {
  if (command.startsWith('EXAMINE ')) {
    return `* FLAGS ()\r\n* ${mails.length} EXISTS\r\n* OK [UIDVALIDITY 7] \r\n* OK [UIDNEXT ${mails.length + 1}] \r\n`;
  }
  if (command.startsWith('UID SEARCH ')) {
    const from = Number(/UID (\d+):\*/.exec(command)?.[1] ?? 1);
    const last = mails.length;
    // A range up to `*` names the last message in any case.
    const uids = mails.map((_, index) => index + 1).filter((uid) => uid >= from || uid === last);
    return `* SEARCH ${uids.join(' ')}\r\n`;
  }
  const [, set = ''] = /^UID FETCH (\S+) /.exec(command) ?? [];
  return set === ''
    ? ''
    : uidsOf(set)
        .map((uid) => fetched(uid, mails[uid - 1], command))
        .join('');
}

function uidsOf(set: string): number[] {
  return set.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split(':').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function fetched(uid: number, raw: Buffer | undefined, command: string): string {
  if (raw === undefined) return '';
  const text = raw.toString('latin1');
  const [section, value] = command.includes('HEADER')
    ? ['BODY[HEADER]<0>', text.slice(0, text.indexOf('\r\n\r\n') + 4)]
    : ['BODY[]<0>', text];
  return `* ${uid} FETCH (UID ${uid} ${section} {${value.length}}\r\n${value})\r\n`;
}
