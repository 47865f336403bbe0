import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** One final dot for one recipient, as the smarthost saw it. */
export interface Receipt {
  recipient: string;
  /** What `era` was when the connection was made. */
  era: number;
  answered: boolean;
  /** The client went on after the 250: it has read it. */
  readOn: boolean;
}

/** A smarthost that writes down each final dot and each 250. */
export interface RecordingSmarthost {
  url: string;
  receipts: Receipt[];
  /** Counted up by the test, so that receipts tell before and after. */
  era: number;
  close(): Promise<void>;
}

/**
 * @param options.answerAfterMs how long it thinks after a final dot
 * @param options.putOff whether a recipient is put off this time
 */
export async function startRecordingSmarthost(options: {
  answerAfterMs: () => number;
  putOff: (recipient: string) => boolean;
}): Promise<RecordingSmarthost> {
  const receipts: Receipt[] = [];
  const eras = new Map<string, number>();
  const last = new Map<string, Receipt>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onConnect: ({ id }, done) => {
      eras.set(id, smarthost.era);
      done();
    },
    onClose: ({ id }: SMTPServerSession) => {
      eras.delete(id);
      last.delete(id);
    },
    onMailFrom: (_address, { id }, done) => {
      const previous = last.get(id);
      if (previous !== undefined) previous.readOn = true;
      done();
    },
    onRcptTo: ({ address }, _session, done) =>
      done(
        options.putOff(address)
          ? Object.assign(new Error('4.7.1 come again'), { responseCode: 451 })
          : undefined,
      ),
    onData: (stream, { id, envelope }, done) => {
      stream.resume();
      stream.on('end', () => {
        const { address: recipient = '' } = envelope.rcptTo[0] ?? {};
        const receipt = { recipient, era: eras.get(id) ?? smarthost.era, answered: false, readOn: false };
        receipts.push(receipt);
        last.set(id, receipt);
        void sleep(options.answerAfterMs()).then(() => {
          // Nobody gets an answer on a connection that is gone.
          receipt.answered = eras.has(id);
          done(null, '2.0.0 taken');
        });
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { address, port } = server.server.address() as AddressInfo;
  const smarthost: RecordingSmarthost = {
    url: `smtp://${address}:${port}`,
    receipts,
    era: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return smarthost;
}
