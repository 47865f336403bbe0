import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Pieces are written one after the other, each in a packet of its own; none: the server stays silent. */
export interface Answer {
  pieces?: string[];
  /** Hangs up behind them. */
  close?: true;
  /** Goes on in TLS behind them. */
  startTls?: true;
}

/** One connection as the server saw it. */
export interface ScriptedSession {
  /** 1 for the first connection. */
  number: number;
  /** Commands without their line ends, in order. */
  commands: string[];
  /** Which commands came together in one packet. */
  packets: string[][];
  /** Bodies as they were on the wire, without the final dot. */
  mails: Buffer[];
  isSecure: boolean;
  socket: Socket;
}

/** What to answer; undefined: what a server in good order would say. */
export interface SmtpScript {
  greet?: (session: ScriptedSession) => string | Answer | undefined;
  /** Keywords that EHLO offers. */
  offers?: string[] | ((session: ScriptedSession) => string[]);
  command?: (line: string, session: ScriptedSession) => string | Answer | undefined;
  /** Behind the final dot. */
  end?: (mail: Buffer, session: ScriptedSession) => string | Answer | undefined;
  certificate?: { key: string; cert: string };
}

export interface ScriptedSmtp {
  host: string;
  port: number;
  sessions: ScriptedSession[];
  close(): Promise<void>;
}

const SILENT: Answer = {};

/** A mail server that says what the test wants, in the pieces and at the moment that it wants. */
export async function startScriptedSmtp(script: SmtpScript): Promise<ScriptedSmtp> {
  const sessions: ScriptedSession[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const session: ScriptedSession = {
      number: sessions.length + 1,
      commands: [],
      packets: [],
      mails: [],
      isSecure: false,
      socket,
    };
    sessions.push(session);
    new Dialogue(session, script).begin();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    sessions,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

class Dialogue {
  readonly #session: ScriptedSession;
  readonly #script: SmtpScript;
  #rest = Buffer.alloc(0);
  #inData = false;
  /** Answers are written in order, though some wait between their pieces. */
  #writing: Promise<void> = Promise.resolve();

  constructor(session: ScriptedSession, script: SmtpScript) {
    this.#session = session;
    this.#script = script;
  }

  begin(): void {
    this.#listen();
    this.#answer(this.#script.greet?.(this.#session) ?? '220 scripted');
  }

  #listen(): void {
    const { socket } = this.#session;
    socket.setNoDelay(true);
    socket.on('data', (piece: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, piece]);
      this.#session.packets.push([]);
      for (let next = this.#next(); next !== undefined; next = this.#next()) this.#answer(next);
    });
  }

  /** @returns the answer to what is complete; undefined when nothing is */
  #next(): string | Answer | undefined {
    const mark = this.#inData ? '\r\n.\r\n' : '\r\n';
    // An empty mail is a dot alone.
    const isEmpty = this.#inData && this.#rest.indexOf('.\r\n') === 0;
    const end = isEmpty ? 0 : this.#rest.indexOf(mark);
    if (end === -1) return undefined;
    const taken = this.#rest.subarray(0, this.#inData && !isEmpty ? end + 2 : end);
    this.#rest = this.#rest.subarray(isEmpty ? 3 : end + mark.length);
    if (this.#inData) {
      this.#inData = false;
      this.#session.mails.push(taken);
      return this.#script.end?.(taken, this.#session) ?? '250 2.0.0 taken';
    }
    return this.#command(taken.toString());
  }

  #command(line: string): string | Answer {
    const { commands, packets } = this.#session;
    commands.push(line);
    packets.at(-1)?.push(line);
    const scripted = this.#script.command?.(line, this.#session);
    const verb = line.split(' ', 1)[0]?.toUpperCase();
    const answer = scripted ?? this.#usual(verb);
    const text = typeof answer === 'string' ? answer : (answer.pieces?.join('') ?? '');
    this.#inData = verb === 'DATA' && /^354/m.test(text);
    return answer;
  }

  #usual(verb: string | undefined): string | Answer {
    switch (verb) {
      case 'EHLO': {
        const { offers = [] } = this.#script;
        const words = typeof offers === 'function' ? offers(this.#session) : offers;
        return ['scripted', ...words, 'HELP']
          .map((word, index, all) => `250${index === all.length - 1 ? ' ' : '-'}${word}`)
          .join('\r\n');
      }
      case 'STARTTLS':
        return { pieces: ['220 go on\r\n'], startTls: true };
      case 'DATA':
        return '354 go on';
      case 'QUIT':
        return { pieces: ['221 bye\r\n'], close: true };
      default:
        return '250 2.0.0 OK';
    }
  }

  #answer(answer: string | Answer): void {
    const {
      pieces = [],
      close,
      startTls,
    } = typeof answer === 'string' ? { pieces: [`${answer}\r\n`] } : answer;
    this.#writing = this.#writing.then(async () => {
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        this.#session.socket.write(piece);
      }
      if (close === true) this.#session.socket.end();
      if (startTls === true) this.#startTls();
    });
  }

  #startTls(): void {
    const { socket } = this.#session;
    socket.removeAllListeners('data');
    const secure = new TLSSocket(socket, { isServer: true, ...this.#script.certificate });
    secure.on('error', () => {});
    this.#session.socket = secure;
    this.#session.isSecure = true;
    this.#rest = Buffer.alloc(0);
    this.#listen();
  }
}

export { SILENT };
