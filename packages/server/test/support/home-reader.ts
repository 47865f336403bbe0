import type { WorkspaceId } from '../../src/kernel/ids.ts';
import type { PreparedLookup } from '../../src/messages/messages.ts';
import type { Engine } from '../../src/storage/engine.ts';

/** A current browser on an ordinary computer. */
export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

/** Every address is a home in Halle: what is judged then depends on the hit alone. */
export const homeLookup: PreparedLookup = {
  prepare: async () => {},
  network: () => ({ asn: 3320, owner: 'Deutsche Telekom AG', kind: 'access' }),
  place: () => ({ grain: 'city', country: 'DE', region: 'Sachsen-Anhalt', city: 'Halle' }),
  ranges: () => [],
};

/** The rule `r1`: first openings by a person go to channel `c1`. */
export async function insertFirstOpenRule(
  engine: Engine,
  workspaceId: WorkspaceId,
  at: number,
): Promise<void> {
  await engine.db
    .insertInto('rules')
    .values({
      id: 'r1',
      workspace_id: workspaceId,
      name: 'r',
      trigger: 'first-open',
      channel_ids: '["c1"]',
      enabled: 1,
      created_at: at,
    })
    .execute();
}
