import { errorOf, unexpected, unreachable, WaybillError } from './error.ts';
import { ServerSentEventParser } from './server-sent-events.ts';
import type { StreamEvent } from './types.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** The server says something at least every 30 seconds; a line that is silent for longer is dead. */
const SILENCE_MS = 75_000;

export interface StreamOptions {
  /** Position of the last event that is known already; what came after it is sent first. */
  lastEventId?: string;
  /** Ends the stream without an error. */
  signal?: AbortSignal;
  /** Called when the connection is lost and before it is made again. What it throws ends the stream. */
  onRetry?: (error: WaybillError, delayMs: number) => void;
}

/** Makes one connection; resolves with the answer's head. */
export type Connect = (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

/**
 * Events as they happen, for ever: a lost connection is made again where it broke off, with growing delays.
 * @throws WaybillError when the server refuses (4xx) or what it sends cannot be understood
 */
export async function* streamEvents(
  url: string,
  connect: Connect,
  options: StreamOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  const signal = options.signal ?? new AbortController().signal;
  let lastEventId = options.lastEventId ?? '';
  let failures = 0;
  let retryMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    let error: WaybillError;
    try {
      const parser = new ServerSentEventParser(lastEventId);
      for await (const text of lines(url, connect, lastEventId, signal)) {
        failures = 0;
        for (const { id, data } of parser.push(text)) {
          lastEventId = id;
          yield parse(data);
        }
        retryMs = parser.retryMs ?? retryMs;
      }
      error = unreachable(url, new Error('the server ended the stream'));
    } catch (caught) {
      if (signal.aborted) return;
      error = caught instanceof WaybillError ? caught : unreachable(url, caught);
      if (!isTemporary(error)) throw error;
    }
    const delayMs = Math.min(retryMs * 2 ** failures, LONGEST_DELAY_MS) * (0.5 + Math.random() / 2);
    failures += 1;
    options.onRetry?.(error, delayMs);
    await pause(delayMs, signal);
  }
}

/** The text of one connection, until it ends, breaks or falls silent. */
async function* lines(
  url: string,
  connect: Connect,
  lastEventId: string,
  outer: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const silence = new AbortController();
  const fallSilent = (): void => silence.abort(new DOMException('silence', 'TimeoutError'));
  let timer = setTimeout(fallSilent, SILENCE_MS);
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
  };
  try {
    const response = await connect(headers, AbortSignal.any([outer, silence.signal]));
    if (!response.ok) throw await errorOf(response);
    if (
      response.body === null ||
      response.headers.get('content-type')?.startsWith('text/event-stream') !== true
    ) {
      throw unexpected(response.status, `${url} is no event stream.`);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(fallSilent, SILENCE_MS);
        yield value;
      }
    } finally {
      // Whoever stops listening also hangs up.
      await reader.cancel().catch(() => {});
    }
  } finally {
    clearTimeout(timer);
  }
}

function parse(data: string): StreamEvent {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch (error) {
    throw unexpected(200, 'The event stream holds something that is not JSON.', error);
  }
}

function isTemporary({ status }: WaybillError): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
