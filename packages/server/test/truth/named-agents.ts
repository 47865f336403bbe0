import { readFileSync } from 'node:fs';
import type { Actor, Client } from '@waybill/sdk';

/** An agent by the name that its maker gives it, and what is to be said of it. */
export interface NamedAgent {
  actor: Actor;
  kind: 'open' | 'click';
  userAgent: string;
  /** Of people's agents only. */
  client?: Pick<Client, 'name' | 'os' | 'device'>;
}

export function namedAgents(): NamedAgent[] {
  return readFileSync(new URL('named-agents.tsv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const [actor = '', kind, name = '', os = '', device = '', userAgent = ''] = line.split('\t');
      const client = {
        name,
        device: device as NonNullable<Client['device']>,
        ...(os === '-' ? {} : { os }),
      };
      return {
        actor: actor as Actor,
        kind: kind === 'open' ? 'open' : 'click',
        userAgent,
        ...(name === '-' ? {} : { client }),
      };
    });
}
