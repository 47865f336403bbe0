import type { Clock } from '../kernel/clock.ts';
import { ConnectionCount } from './connection-count.ts';
import { MemoryBudget } from './mail-buffer.ts';
import { SendRate } from './send-rate.ts';

/** What a client may cost. */
export interface SmtpLimits {
  maxMessageBytes: number;
  maxRecipients: number;
  /** On all listeners together. */
  maxConnections: number;
  maxConnectionsPerAddress: number;
  /** Whether the limits per address are for programs on this machine too. */
  countLoopback: boolean;
  /** Of a credential, and of an address; 0: any number. */
  recipientsPerHour: number;
  /** For mails that are being received, in all sessions together. */
  memoryBytes: number;
  /** From one command to the next; RFC 5321 §4.5.3.2.7 asks for five minutes. */
  idleMs: number;
  /** From the connection to the sign-in. */
  signInMs: number;
  /** For a TLS handshake. */
  handshakeMs: number;
  /** DATA must bring `dataBytes` in each such time. */
  dataWindowMs: number;
  dataBytes: number;
  /** Replies of 500 and above since the last mail. */
  maxErrors: number;
  /** Commands that are neither AUTH nor STARTTLS before signing in. */
  maxCommandsBeforeSignIn: number;
  /** Commands since the last mail that do not lead to one, such as NOOP. */
  maxIdleCommands: number;
  maxHeaderBytes: number;
  maxHeaderFields: number;
  /** Received fields, one of each server that a mail went through: more of them is a loop (RFC 5321 §6.3). */
  maxReceived: number;
}

export const DEFAULT_SMTP_LIMITS: SmtpLimits = {
  maxMessageBytes: 26_214_400,
  maxRecipients: 500,
  maxConnections: 12_000,
  maxConnectionsPerAddress: 100,
  countLoopback: false,
  recipientsPerHour: 100_000,
  memoryBytes: 268_435_456,
  idleMs: 300_000,
  signInMs: 300_000,
  handshakeMs: 60_000,
  dataWindowMs: 60_000,
  dataBytes: 8_192,
  maxErrors: 20,
  maxCommandsBeforeSignIn: 20,
  maxIdleCommands: 100,
  maxHeaderBytes: 524_288,
  maxHeaderFields: 2_000,
  maxReceived: 100,
};

/** What all listeners share, so that no limit is to be had twice. */
export interface SmtpShares {
  limits: SmtpLimits;
  connections: ConnectionCount;
  memory: MemoryBudget;
  rate: SendRate;
  clock: Clock;
}

export function smtpShares(limits: SmtpLimits, clock: Clock): SmtpShares {
  return {
    limits,
    connections: new ConnectionCount({
      total: limits.maxConnections,
      perAddress: limits.maxConnectionsPerAddress,
      countLoopback: limits.countLoopback,
    }),
    memory: new MemoryBudget(limits.memoryBytes),
    rate: new SendRate(limits.recipientsPerHour, clock),
    clock,
  };
}
