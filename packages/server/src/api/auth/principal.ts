import type { WorkspaceId } from '../../kernel/ids.ts';

export interface SessionPrincipal {
  kind: 'session';
  /** SHA-256 of the cookie's secret. */
  id: string;
  workspaceId: WorkspaceId;
  user: { id: string; email: string; name: string };
}

export interface ApiKeyPrincipal {
  kind: 'api-key';
  /** The key's id. */
  id: string;
  workspaceId: WorkspaceId;
}

/** Who asks, proven. */
export type Principal = SessionPrincipal | ApiKeyPrincipal;
