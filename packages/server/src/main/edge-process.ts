import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../kernel/logger.ts';
import { lockDataDir } from '../storage/data-dir-lock.ts';
import { DenyFile } from '../storage/deny-file.ts';
import { openLocalHitLog, workerFolder } from '../storage/local-hit-log.ts';
import { DenySet, Keyring, startEdge, type DenyEntry } from '../tracking/tracking.ts';
import { onShutdown, send, type FromEdge, type ToEdge } from './ipc.ts';
import { loadMasterKeys } from './keys.ts';
import { retryListen } from './retry-listen.ts';

const METRICS_EVERY_MS = 1_000;
/** A former edge whose supervisor is gone drains for four seconds at most. */
const LOCK_WAIT_MS = 10_000;

/**
 * The edge: its own listener, hit log and deny set, and nothing of the back end.
 * @param load the settings; called when it is told to start, since before that nobody knows whether they are right
 */
export async function runEdgeProcess(load: () => Config): Promise<void> {
  let drain = async (): Promise<void> => {};
  onShutdown(() => drain());
  let backEndUrl: string | undefined;
  const early: DenyEntry[] = [];
  let deny = (entries: readonly DenyEntry[]): void => void early.push(...entries);
  // From the first moment on: an edge that was started again is told while it still opens its files.
  process.on('message', (message: ToEdge) => {
    if (message.type === 'back-end-url') backEndUrl = message.url;
    if (message.type === 'deny') deny(message.entries);
  });
  const report = (message: FromEdge): void => send(process, message);
  const start = await firstMessage();
  const config = load();
  const logger = createLogger(config.logLevel, 'edge');
  // Whoever reads takes a segment for finished once there is a next one: nobody may still be writing it.
  const unlock = lockDataDir(
    config.dataDir,
    start.worker === 0 ? 'edge' : workerFolder(start.worker),
    LOCK_WAIT_MS,
  );
  const denyFile = await DenyFile.open(await denyPath(config.dataDir, start.worker), logger);
  const denySet = new DenySet();
  denySet.apply(denyFile.entries);
  // Durable first: an objection that was confirmed must survive a restart of the edge.
  const takeIn = async (entries: readonly DenyEntry[]): Promise<void> => {
    await denyFile.append(entries);
    denySet.apply(entries);
  };
  deny = (entries) => {
    takeIn(entries).then(
      () => report({ type: 'deny-ack', version: denySet.version }),
      (error: unknown) => logger.error({ err: error }, 'the deny set could not be stored'),
    );
  };
  // Before it serves anybody; that it is ready confirms them.
  if (early.length > 0) await takeIn(early);
  const hitLog = await openLocalHitLog({
    directory: join(config.dataDir, 'hits'),
    worker: start.worker,
    logger,
  });
  const edge = await retryListen('WAYBILL_EDGE_LISTEN', config.edgeListen, (listen) =>
    startEdge({
      listen: { ...listen, port: start.port ?? listen.port },
      shared: start.workers > 1,
      keyring: new Keyring(loadMasterKeys(config.dataDir, config.masterKeys)),
      hitLog,
      denySet,
      trustedProxies: [...config.trustedProxies],
      limits: config.edgeLimits,
      backendUrl: () => backEndUrl,
      clock: systemClock,
      logger,
    }),
  );

  const metrics = setInterval(
    () =>
      report({
        type: 'edge-metrics',
        metrics: { ...edge.metrics(), ...hitLog.measures(), resident_bytes: process.memoryUsage.rss() },
      }),
    METRICS_EVERY_MS,
  );
  metrics.unref();
  drain = async () => {
    clearInterval(metrics);
    await edge.close();
    await hitLog.close();
    await denyFile.close();
    unlock();
  };
  report({ type: 'edge-ready', ...edge.address, denyVersion: denyFile.complete ? denySet.version : 0 });
}

/**
 * Each process has its own copy of the deny set. That of a further one may be missing, or from when there were as many
 * the last time; so it begins with what the first one knows, which always runs, and serves nobody without it.
 */
async function denyPath(dataDir: string, worker: number): Promise<string> {
  const first = join(dataDir, 'edge', 'deny-set.log');
  if (worker === 0) return first;
  const own = join(dataDir, 'edge', `deny-set-${worker}.log`);
  // Half a line at its end is left out, and then the back end sends everything again.
  await copyFile(first, own).catch(() => {});
  return own;
}

function firstMessage(): Promise<Extract<ToEdge, { type: 'start-edge' }>> {
  return new Promise((resolve) => {
    process.on('message', function listen(message: ToEdge) {
      if (message.type !== 'start-edge') return;
      process.off('message', listen);
      resolve(message);
    });
  });
}
