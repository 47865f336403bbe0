/** Tokens, pixels, links, hits and the edge that serves them. The room's public file. */
export { isTrackableDestination } from './destination.ts';
export { DenySet, type DenyEntry } from './deny-set.ts';
export type { EdgeLimits } from './edge-limits.ts';
export { startEdge, type Edge, type EdgeMetrics, type EdgeOptions } from './edge.ts';
export type { HitLog, HitLogStatus, HitSource } from './hit-log.ts';
export type { Hit, LoggedHit } from './hit.ts';
export { Keyring } from './keyring.ts';
export {
  encodeReturnToken,
  returnAddress,
  verifyReturnAddress,
  verifyReturnToken,
  type ReturnClaims,
} from './return-token.ts';
export type { TokenClaims, TokenMode } from './token.ts';
export {
  isTrap,
  linkUrl,
  pageUrl,
  pixelUrl,
  readTrackedUrl,
  trapUrl,
  unsignedLinkUrl,
  verifyPageToken,
} from './urls.ts';
