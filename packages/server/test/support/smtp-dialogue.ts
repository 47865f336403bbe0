import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** An SMTP client without manners: it says exactly what the test writes. */
export class SmtpDialogue {
  #socket: Socket;
  #buffer = '';
  #ended = false;
  #waiting: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connects and reads the greeting; one that turns us away is the error's text. */
  static async open(address: { host: string; port: number }): Promise<SmtpDialogue> {
    return (await SmtpDialogue.openRaw(address)).#greeted();
  }

  /** Connects; the greeting is the first reply. */
  static async openRaw({ host, port }: { host: string; port: number }): Promise<SmtpDialogue> {
    const socket = connect(port, host);
    await once(socket, 'connect');
    return new SmtpDialogue(socket);
  }

  /** TLS from the start. */
  static async openTls(
    { host, port }: { host: string; port: number },
    options: ConnectionOptions = { rejectUnauthorized: false },
  ): Promise<SmtpDialogue> {
    const socket = connectTls({ host, port, ...options });
    await once(socket, 'secureConnect');
    return new SmtpDialogue(socket).#greeted();
  }

  /** @returns the whole reply, lines joined by a line feed */
  async command(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** The next reply; `''` when the server has hung up. */
  async reply(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(this.#buffer);
      if (match !== null) {
        this.#buffer = this.#buffer.slice(match[0].length);
        return match[0].trimEnd().replaceAll('\r', '');
      }
      if (this.#ended) return '';
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  /** After a 220 to STARTTLS. */
  async upgrade(options: ConnectionOptions = { rejectUnauthorized: false }): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, ...options });
    await once(secure, 'secureConnect');
    this.#socket = secure;
    this.#listen();
  }

  /** EHLO, AUTH PLAIN. */
  async signIn(user: string, pass: string): Promise<string> {
    await this.command('EHLO client.example');
    return this.command(`AUTH PLAIN ${Buffer.from(`\0${user}\0${pass}`).toString('base64')}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #greeted(): Promise<this> {
    const greeting = await this.reply();
    if (greeting.startsWith('220 ')) return this;
    this.close();
    throw new Error(greeting);
  }

  #listen(): void {
    // What is written apart goes out apart.
    this.#socket.setNoDelay(true);
    const wake = (): void => this.#waiting?.();
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#buffer += text;
      wake();
    });
    const end = (): void => {
      this.#ended = true;
      wake();
    };
    this.#socket.on('end', end).on('close', end).on('error', end);
  }
}
