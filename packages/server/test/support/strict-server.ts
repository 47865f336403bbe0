import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A mail server that keeps every byte, and sees line ends as strictly as can be. */
export interface StrictServer {
  url: string;
  mails: Buffer[];
  commands: string[];
  close(): Promise<void>;
}

export async function startStrictServer(extensions = ['8BITMIME', 'DSN']): Promise<StrictServer> {
  const mails: Buffer[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let buffer = Buffer.alloc(0);
    let inData = false;
    socket.write('220 strict\r\n');
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const end = inData ? buffer.indexOf('\r\n.\r\n') : buffer.indexOf('\r\n');
        if (end === -1) return;
        if (inData) {
          mails.push(Buffer.from(buffer.subarray(0, end + 2)));
          buffer = buffer.subarray(end + 5);
          inData = false;
          socket.write('250 2.0.0 taken\r\n');
          continue;
        }
        const command = buffer.toString('latin1', 0, end);
        buffer = buffer.subarray(end + 2);
        commands.push(command);
        inData = command === 'DATA';
        if (command.startsWith('EHLO'))
          socket.write(`250-strict\r\n${extensions.map((name) => `250-${name}\r\n`).join('')}250 HELP\r\n`);
        else socket.write(inData ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 2.0.0 OK\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}?tls=off`,
    mails,
    commands,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
