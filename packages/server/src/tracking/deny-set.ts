import type { WorkspaceId } from '../kernel/ids.ts';
import type { TokenClaims } from './token.ts';

/** A change of what may be recorded; the newest version of a target counts. */
export interface DenyEntry {
  version: number;
  kind: 'delivery' | 'message' | 'workspace';
  workspaceId: WorkspaceId;
  /** Delivery or message id in hex; workspace id in decimal. */
  target: string;
  /** `silent`: answered, not recorded. `block`: links of an abuser show a warning. `allow`: withdrawn. */
  effect: 'silent' | 'block' | 'allow';
}

/** In memory at the edge, asked at each hit. */
export class DenySet {
  /** Withdrawn ones stay, so that an older entry which comes late does not revive. */
  readonly #effects = new Map<string, { version: number; effect: DenyEntry['effect'] }>();
  #version = 0;

  /** The highest version applied so far. */
  get version(): number {
    return this.#version;
  }

  /** In any order and more than once; for each target the newest version counts. */
  apply(entries: readonly DenyEntry[]): void {
    for (const { version, kind, workspaceId, target, effect } of entries) {
      const name = kind === 'workspace' ? nameOf(workspaceId, WHOLE) : nameOf(workspaceId, target);
      if (version >= (this.#effects.get(name)?.version ?? 0)) this.#effects.set(name, { version, effect });
      this.#version = Math.max(this.#version, version);
    }
  }

  /** True when nothing of this hit may be recorded. */
  isSilent({ workspaceId, subject }: Pick<TokenClaims, 'workspaceId' | 'subject'>): boolean {
    if (this.#effects.size === 0) return false;
    return this.#denies(nameOf(workspaceId, subject)) || this.#denies(nameOf(workspaceId, WHOLE));
  }

  /** True when links of this workspace show a warning. */
  isBlocked(workspaceId: WorkspaceId): boolean {
    return this.#effects.get(nameOf(workspaceId, WHOLE))?.effect === 'block';
  }

  #denies(name: string): boolean {
    const effect = this.#effects.get(name)?.effect;
    return effect !== undefined && effect !== 'allow';
  }
}

/** Stands for all of a workspace; no id looks like it. */
const WHOLE = '*';

function nameOf(workspaceId: WorkspaceId, target: string): string {
  return `${workspaceId}/${target}`;
}
