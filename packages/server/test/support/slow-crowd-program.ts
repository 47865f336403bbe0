/**
 * A crowd of connections that cost a server patience, in a process of its own so that it disturbs nobody's measuring:
 * `<port> <path> <count>` of each kind: idle after a request, silent, and such that say their request a byte at a time.
 * Prints `there` when all are connected, and goes on until it is ended.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const [port = '', path = '', count = ''] = process.argv.slice(2);
const AT_ONCE = 100;
const DRIP_EVERY_MS = 20;
/** Each slow one says a byte about once a second. */
const ROUNDS = 1_000 / DRIP_EVERY_MS;

async function open(text: string): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

async function crowd(text: string): Promise<Socket[]> {
  const all: Socket[] = [];
  while (all.length < Number(count)) {
    const size = Math.min(AT_ONCE, Number(count) - all.length);
    all.push(...(await Promise.all(Array.from({ length: size }, () => open(text)))));
  }
  return all;
}

await crowd(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
await crowd('');
const slow = await crowd('GET ');
let round = 0;
setInterval(() => {
  for (let at = round++ % ROUNDS; at < slow.length; at += ROUNDS) {
    // Who was cut off comes again.
    if (slow[at]?.destroyed === true)
      void open('GET ').then(
        (socket) => (slow[at] = socket),
        () => {},
      );
    else slow[at]?.write('x');
  }
}, DRIP_EVERY_MS);
process.stdout.write('there\n');
