import type { DenyEntry } from '../tracking/tracking.ts';

/** What the supervisor, the edge and the back end say to each other over Node's IPC channel. */

export interface EdgeMetricsReport {
  [name: string]: number;
}

/** Edge → supervisor → back end. */
export type FromEdge =
  | { type: 'edge-ready'; host: string; port: number; denyVersion: number }
  | { type: 'deny-ack'; version: number }
  | { type: 'edge-metrics'; metrics: EdgeMetricsReport };

/** Back end → supervisor, and from there to the edge unless it is for the supervisor. */
export type FromBackEnd =
  { type: 'back-end-ready'; httpUrl: string; ports: Ports } | { type: 'deny'; entries: DenyEntry[] };

/** Supervisor → child. */
export type ToEdge =
  /** `workers` processes listen at one port; this is the one of that number, from 0. */
  | { type: 'start-edge'; port: number | undefined; worker: number; workers: number }
  | { type: 'back-end-url'; url: string | undefined }
  | Extract<FromBackEnd, { type: 'deny' }>
  | { type: 'shutdown' };

export type ToBackEnd =
  | { type: 'start-back-end'; edge: { host: string; port: number }; ports: Ports; first: boolean }
  | FromEdge
  | { type: 'shutdown' };

/** Real ports of the back end's listeners, so that a restarted one takes the same. */
export interface Ports {
  http?: number;
  smtp?: number;
  smtps?: number;
  filter?: number;
  inbound?: number;
}

/** Sends when the other side is there; a message to a process that has just died is no error. */
export function send(
  target: Pick<NodeJS.Process, 'send'> | { send?: NodeJS.Process['send'] },
  message: unknown,
): void {
  try {
    target.send?.(message, undefined, undefined, () => {});
  } catch {
    // The channel closed in between: the supervisor sees the exit.
  }
}

/**
 * Calls `drain` once: when told to shut down, on SIGTERM, and when the supervisor is gone. Then exits. To be called
 * first of all, so that a process that is still starting goes at once, too.
 */
export function onShutdown(drain: () => Promise<void>): void {
  let draining = false;
  const finish = (): void => {
    if (draining) return;
    draining = true;
    drain().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('message', (message: { type?: string }) => {
    if (message.type === 'shutdown') finish();
  });
  process.on('disconnect', finish);
  if (!process.connected) finish();
  process.on('SIGTERM', finish);
  // Ctrl-C reaches the whole process group; the supervisor decides what it means.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
}
