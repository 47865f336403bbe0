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
  readonly #effects = new Map<string, { version: number; effect: 'silent' | 'block' }>();
  #version = 0;

  /** The highest version applied so far. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#effects.size;
  }

  /** In any order; a version that was applied before changes nothing. */
  apply(entries: readonly DenyEntry[]): void {
    for (const { version, workspaceId, target, effect } of entries.toSorted((a, b) => a.version - b.version)) {
      const name = nameOf(workspaceId, target);
      if (version < (this.#effects.get(name)?.version ?? 0)) continue;
      if (effect === 'allow') this.#effects.delete(name);
      else this.#effects.set(name, { version, effect });
      this.#version = Math.max(this.#version, version);
    }
  }

  /** True when nothing of this hit may be recorded. */
  isSilent({ workspaceId, subject }: Pick<TokenClaims, 'workspaceId' | 'subject'>): boolean {
    if (this.#effects.size === 0) return false;
    return this.#effects.has(nameOf(workspaceId, subject)) || this.#effects.has(nameOf(workspaceId, `${workspaceId}`));
  }

  /** True when links of this workspace show a warning. */
  isBlocked(workspaceId: WorkspaceId): boolean {
    return this.#effects.get(nameOf(workspaceId, `${workspaceId}`))?.effect === 'block';
  }
}

function nameOf(workspaceId: WorkspaceId, target: string): string {
  return `${workspaceId}/${target}`;
}
