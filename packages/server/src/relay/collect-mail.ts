import type { SMTPServerDataStream } from 'smtp-server';
import { badLineEnds, LineEndCheck } from './line-ends.ts';
import type { MailBuffer } from './mail-buffer.ts';
import { mayHaveSize, type Refusal } from './session-policy.ts';
import { replyTo } from './smtp-reply.ts';

export const BUSY: Refusal = {
  code: 452,
  enhanced: '4.3.1',
  text: 'Too much mail is coming in at this moment. Try again in a few minutes.',
};

/** Reads the stream to its end in any case: the reply must not overtake the client's data. */
export async function collectMail(
  stream: SMTPServerDataStream,
  mail: MailBuffer,
  maxMessageBytes: number,
): Promise<Refusal | undefined> {
  const lineEnds = new LineEndCheck();
  let isBusy = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (isBusy) continue;
    lineEnds.push(chunk);
    // What will be refused anyway is not kept.
    if (stream.sizeExceeded || lineEnds.trouble !== undefined) mail.free();
    else isBusy = !mail.push(chunk);
  }
  const tooLarge = mayHaveSize(stream.byteLength, maxMessageBytes);
  if (tooLarge !== undefined) return tooLarge;
  if (lineEnds.finish() !== undefined) return replyTo(badLineEnds());
  return isBusy ? BUSY : undefined;
}
