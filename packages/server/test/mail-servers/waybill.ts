import type { TestContext } from 'node:test';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { startSmarthost, type TestSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/** Waybill's submission, and the server that it hands over to. */
export interface Waybill {
  relay: TestRelay;
  world: TestSmarthost;
}

/** Asks for TLS before it takes a password, on loopback, too. */
export async function startWaybill(t: TestContext): Promise<Waybill> {
  const directory = await temporaryDirectory();
  const world = await startSmarthost();
  const relay = await startTestRelay(directory.path, {
    settings: {
      publicUrl: 'https://track.example.org',
      smarthostUrl: world.url,
      allowPlainOnLoopback: false,
    },
  });
  t.after(async () => {
    await relay.close();
    await world.close();
    await directory[Symbol.asyncDispose]();
  });
  return { relay, world };
}
