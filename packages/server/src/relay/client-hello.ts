import { Socket } from 'node:net';

/**
 * Less than what Node's TLS sets aside for what comes in at first (1,024 bytes, `NodeBIO` in `crypto_bio.cc`). A read that fills
 * it makes it take 16 KB more for as long as the connection lives, and a connection that libuv reads for first has 64 KB
 * from the start.
 */
const PIECE_BYTES = 1_000;

/**
 * Waits for a client's first bytes before TLS is set up on its socket, and has TLS read what then is there in pieces. A
 * connection that is idle after its handshake so keeps a fifth less memory, and one that never says a word has none of
 * OpenSSL's at all; a mail gets the larger buffers with its first read. The client has the first word in TLS, so nobody waits.
 * @param begin is not called when the client leaves first; its socket is closed then
 */
export function onClientHello(socket: Socket, begin: () => void): void {
  const onReadable = (): void => {
    socket.off('readable', onReadable).off('error', ignore);
    if (socket.readableLength === 0) {
      socket.destroy();
      return;
    }
    socket.read = readPiece;
    begin();
  };
  socket.on('readable', onReadable).on('error', ignore);
}

/** A client that resets the connection closes it, which whoever accepted it notices. */
function ignore(): void {}

/** `TLSSocket` reads until there is nothing more; a size is given by the stream itself. */
function readPiece(this: Socket, size?: number): ReturnType<Socket['read']> {
  return Socket.prototype.read.call(this, size ?? Math.min(PIECE_BYTES, this.readableLength));
}
