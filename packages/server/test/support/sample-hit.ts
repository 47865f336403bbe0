import type { WorkspaceId } from '../../src/kernel/ids.ts';
import type { Hit } from '../../src/tracking/tracking.ts';

/** A hit with everything a hit can have; `at` tells it from others. */
export function sampleHit(at: number): Hit {
  return {
    at,
    kind: 'click',
    method: 'GET',
    workspaceId: 7 as WorkspaceId,
    subject: 'ab'.repeat(16),
    mode: 'full',
    linkIndex: 2,
    url: 'https://example.org/?ü=1#x',
    ip: '2001:db8::1',
    headers: { 'user-agent': 'ünïcode \u0000 agent' },
  };
}
