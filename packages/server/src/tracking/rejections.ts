import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that were answered with an error, by what was wrong with them. Names as in the metrics. */
export interface RejectionCounts {
  /** No such address, or a link whose destination was changed. */
  rejected_unknown: number;
  /** A method that is not possible there. */
  rejected_method: number;
  /** What is no HTTP, or can be read in two ways. */
  rejected_malformed: number;
  /** A head beyond the limit. */
  rejected_too_large: number;
  /** Not said in time. */
  rejected_too_slow: number;
}

export function noRejections(): RejectionCounts {
  return {
    rejected_unknown: 0,
    rejected_method: 0,
    rejected_malformed: 0,
    rejected_too_large: 0,
    rejected_too_slow: 0,
  };
}

type Refusal = readonly [status: string, count: keyof RejectionCounts];

/** As `node:http` answers them when nobody listens (lib/_http_server.js, socketOnError). */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'rejected_too_large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'rejected_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'rejected_too_slow'],
};
const MALFORMED: Refusal = ['400 Bad Request', 'rejected_malformed'];
/** The other side's own trouble, with nobody to answer. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** Counts what `node:http` itself refuses, and answers it as it would. */
export function countRefused(server: Server, counts: RejectionCounts): void {
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket & { _httpMessage?: { _headerSent?: boolean } | null };
    const { code = '' } = error;
    const [status, count] = REFUSALS[code] ?? MALFORMED;
    if (!GONE.has(code)) counts[count] += 1;
    // eslint-disable-next-line no-underscore-dangle -- Node has no public name for an answer that is under way
    const isAnswered = socket._httpMessage?._headerSent === true;
    if (socket.writable && !isAnswered && !GONE.has(code)) {
      socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    }
    socket.destroy(error);
  });
}
