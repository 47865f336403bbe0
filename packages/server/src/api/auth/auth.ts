/** Accounts, sessions and secrets. The room's public file. */
export { Accounts } from './accounts.ts';
export type {
  AccountStore,
  SecretKind,
  SecretRecord,
  SessionRecord,
  UserRecord,
  WorkspaceChange,
  WorkspaceRecord,
} from './account-store.ts';
export type { Principal } from './principal.ts';
