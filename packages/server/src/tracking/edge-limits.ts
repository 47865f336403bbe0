/** What one edge process takes upon itself at most. */
export interface EdgeLimits {
  maxConnections: number;
  /** Of one client, which is an IPv4 address or an IPv6 /64. */
  maxConnectionsPerAddress: number;
  /** Recorded hits of one source on one address of ours; 0: no limit. @see RepeatLimit */
  repeatsPerMinute: number;
  /** Request line and headers. */
  maxHeadBytes: number;
  /** From a connection, or the answer before, until the head is there. */
  headTimeoutMs: number;
}

export const DEFAULT_EDGE_LIMITS: EdgeLimits = {
  maxConnections: 20_000,
  maxConnectionsPerAddress: 2_000,
  repeatsPerMinute: 600,
  maxHeadBytes: 32_768,
  headTimeoutMs: 10_000,
};
