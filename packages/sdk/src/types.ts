/**
 * The wire types of Waybill's HTTP API v1. Times are ISO 8601 UTC with milliseconds,
 * confidences are 0..1, identifiers are opaque strings.
 */

/** `a@b.c` or `Ann <a@b.c>` (RFC 5322 mailbox). */
export type Address = string;

/** What may be recorded: who, when, where · only the day of the last opening · counts per message · nothing. */
export type Mode = 'full' | 'day' | 'aggregate' | 'off';

/** Who can have made a hit; `unknown` when the evidence does not decide. */
export const ACTORS = [
  'human',
  'human-via-proxy',
  'prefetch',
  'scanner',
  'preview-bot',
  'automation',
  'self',
  'unknown',
] as const;
export type Actor = (typeof ACTORS)[number];

/** `code` is stable and machine-readable; `text` is one English sentence for people. */
export interface Reason {
  code: string;
  text: string;
}

export interface Place {
  grain: 'city' | 'region' | 'country' | 'local-network' | 'unknown';
  /** ISO 3166-1 alpha-2 */
  country?: string;
  region?: string;
  city?: string;
  latitude?: number;
  longitude?: number;
}

export interface Client {
  name: string;
  version?: string;
  os?: string;
  device?: 'desktop' | 'phone' | 'tablet' | 'server' | 'unknown';
}

export interface Network {
  asn?: number;
  owner?: string;
  kind?: 'access' | 'hosting' | 'security-vendor' | 'image-proxy' | 'privacy-relay' | 'local' | 'unknown';
}

export type VerdictState =
  | 'queued'
  | 'captured'
  | 'sent'
  | 'delivered'
  | 'failed'
  | 'bounced'
  | 'loaded'
  | 'probably-read'
  | 'read'
  | 'clicked'
  | 'replied'
  | 'objected';

export interface Verdict {
  state: VerdictState;
  confidence: number;
  reasons: Reason[];
  /** False while later evidence (a burst of fetches) may still change the judgement. */
  settled: boolean;
}

export type EventType =
  | 'accepted'
  | 'relayed'
  | 'deferred'
  | 'delivered'
  | 'bounced'
  | 'opened'
  | 'clicked'
  | 'receipt'
  | 'auto-replied'
  | 'replied'
  | 'complained'
  | 'objected';

export interface Event {
  at: string;
  type: EventType;
  actor?: Actor;
  confidence?: number;
  reasons?: Reason[];
  place?: Place;
  client?: Client;
  network?: Network;
  ip?: string;
  /** The destination of the link that was followed. */
  link?: string;
  /** Identical requests of one source within a second that this stands for; absent when it was one. */
  requests?: number;
}

export interface Delivery {
  /** `WB-XXXX-XXXX-XXXC` */
  trackingNumber: string;
  /** Bare address, without display name. */
  recipient: string;
  pixelUrl: string | null;
  /** Instrumented HTML to paste; only for messages created with `send: false`. */
  html?: string;
  /** One sentence: why this copy was left byte-identical. */
  untouchedBecause?: string;
  verdict: Verdict;
  events?: Event[];
}

/** Extra facts the dashboard and CLI show around a delivery. */
export interface DeliveryDetail extends Delivery {
  messageId: string;
  subject: string;
  from: Address;
  mode: Mode;
  createdAt: string;
  sentAt: string | null;
  events: Event[];
  links: { url: string; clicks: number }[];
  recipientPageUrl: string | null;
  /** Only of a delivery with so many events that not all of them are in `events`, which are the newest then. */
  earlier?: EarlierEvents;
}

/** What happened before the events that came with a delivery. */
export interface EarlierEvents {
  count: number;
  /** Pass it to `GET /deliveries/:trackingNumber/events`. */
  cursor: string;
  /** Of them, the first and the last of each type and actor, oldest first. */
  milestones: Event[];
}

/**
 * How many of a set of copies were read, as far as it can be known: at least so many, at most so many. What is between
 * the two is unknown, not unread.
 */
export interface ReadInterval {
  /** Copies that went out and did not come back. */
  of: number;
  /** With 97.5 % certainty, if the verdicts' confidences are right. */
  atLeast: number;
  /** All but those that nobody can have read. */
  atMost: number;
  /** Copies with a person's sign, sure or probable. */
  signs: number;
  /** Copies whose images only machines loaded: that says nothing about reading. */
  machinesOnly: number;
  /** Copies that went out unchanged, so that nothing can be seen. */
  untouched: number;
  /** Copies of which nothing came: images are often blocked. */
  noSign: number;
}

export interface MessageSummary {
  id: string;
  subject: string;
  from: Address;
  createdAt: string;
  sentAt: string | null;
  mode: Mode;
  source: 'submission' | 'filter' | 'api' | 'snippet';
  /** Time of the newest event of a reader or a machine; null when there was none. */
  lastSignAt: string | null;
  deliveries: { trackingNumber: string; recipient: string; verdict: Verdict; lastSignAt: string | null }[];
  read: ReadInterval;
}

export interface Message {
  id: string;
  subject: string;
  from: Address;
  to: Address[];
  cc: Address[];
  createdAt: string;
  sentAt: string | null;
  mode: Mode;
  source: 'submission' | 'filter' | 'api' | 'snippet';
  /** RFC 5322 Message-ID header, with angle brackets. */
  messageIdHeader: string | null;
  links: string[];
  /**
   * Links that stayed as they are: the first ones in order, at most 100. Absent when there is none. Of an address that
   * works for whoever has it (marked by the author, for leaving a list) only the server is kept.
   */
  untouchedLinks?: UntouchedLink[];
  /** How many stayed for which reason, of all of them. */
  untouchedLinkCounts?: { reason: Reason; count: number }[];
  deliveries: Delivery[];
  read: ReadInterval;
  /** In mode `aggregate` only: what was counted for the message as a whole. */
  counts?: { opened: number; clicked: number };
}

export interface Attachment {
  filename: string;
  contentType: string;
  /** base64 */
  content: string;
}

export interface CreateMessage {
  from: Address;
  to: Address[];
  cc?: Address[];
  bcc?: Address[];
  subject: string;
  html?: string;
  text?: string;
  headers?: Record<string, string>;
  attachments?: Attachment[];
  policy?: {
    mode?: Mode;
    /** What to ask of mail systems (DSN) and of the reader's mail program (MDN); the server's setting when absent. */
    receipts?: { delivery?: boolean; reading?: boolean };
  };
  /** false: instrument only; the caller sends the mail by other means. */
  send: boolean;
}

/** A link that stays as its author wrote it, in a mail that is tracked otherwise. */
export interface UntouchedLink {
  /** Decoded; cut after 500 characters. */
  url: string;
  /** The codes are listed in docs/mail-servers/README.md. */
  reason: Reason;
}

export interface CreatedMessage {
  id: string;
  deliveries: Delivery[];
  /** One sentence: why copies that are tracked carry no pixel. */
  noPixelBecause?: string;
  /** In order, the same in all copies; absent when there is none. */
  untouchedLinks?: UntouchedLink[];
}

export interface Page<T> {
  items: T[];
  /** Pass as `cursor` to get the next page; null on the last. */
  nextCursor: string | null;
}

/** One server-sent event on `/api/v1/events/stream`; the SSE `id` is `position`. */
export interface StreamEvent extends Event {
  position: string;
  trackingNumber: string;
  messageId: string;
  subject: string;
  recipient: string;
  verdict: Verdict;
}

export interface Session {
  user: { id: string; email: string; name: string };
  workspace: Workspace;
}

export type Disclosure = 'none' | 'header' | 'footer';

export interface Workspace {
  id: string;
  name: string;
  mode: Mode;
  disclosure: Disclosure;
  /** Days after which addresses of readers are truncated; null = kept. */
  addressRetentionDays: number | null;
  /** Days after which raw hits are deleted; what they were judged as stays. null = kept. */
  hitRetentionDays: number | null;
  /** True while no smarthost is set: mail is captured in the demo inbox. */
  demo: boolean;
  /** What pixels and links begin with. */
  publicUrl: string;
  smtp: { host: string; port: number; security: 'starttls' | 'tls' | 'none' };
}

export interface ApiKey {
  id: string;
  name: string;
  /** First characters, to recognise the key by. */
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
}

/** The secret is shown once, at creation. */
export interface CreatedApiKey extends ApiKey {
  secret: string;
}

export interface SmtpCredential {
  id: string;
  label: string;
  username: string;
  /** Addresses, and domains as `@example.org`, it may send from. Null: any. */
  allowedFrom: string[] | null;
  createdAt: string;
  lastUsedAt: string | null;
}

export interface CreatedSmtpCredential extends SmtpCredential {
  password: string;
}

/** Where the sender is notified. Secrets (`secret`, `authToken`) are write-only: reads give them masked. */
export type ChannelConfig =
  | { kind: 'email'; to: Address }
  | { kind: 'webhook'; url: string; secret?: string }
  | {
      kind: 'sms';
      /** Base address of a Twilio-compatible API, e.g. `https://api.twilio.com`. */
      gatewayUrl: string;
      accountSid: string;
      authToken: string;
      /** E.164 */
      from: string;
      /** E.164 */
      to: string;
    }
  | { kind: 'sms-mail'; /** e-mail-to-SMS address */ to: Address };

export interface Channel {
  id: string;
  name: string;
  config: ChannelConfig;
  createdAt: string;
  /** The newest failed attempt since the last success, in words. */
  lastError: string | null;
  lastSentAt: string | null;
}

/** What the sender wants to hear about. Machines and the sender's own opens never notify. */
export type RuleTrigger = 'first-open' | 'every-open' | 'click' | 'trouble' | 'objection';

export interface Rule {
  id: string;
  name: string;
  trigger: RuleTrigger;
  channelIds: string[];
  enabled: boolean;
  createdAt: string;
}

export interface RecipientSummary {
  address: string;
  deliveries: number;
  lastSentAt: string | null;
  lastSignAt: string | null;
  objectedAt: string | null;
  states: Partial<Record<VerdictState, number>>;
}

export interface CapturedMail {
  id: string;
  /** Null for Waybill's own mail (notifications), which is not tracked. */
  trackingNumber: string | null;
  recipient: string;
  from: Address;
  subject: string;
  capturedAt: string;
}

/** waiting: for its time · sending: on its way · settled: its outcome is being told · failed: given up. */
export type QueueState = 'waiting' | 'sending' | 'settled' | 'failed';

/** One recipient's copy in the mail queue. */
export interface QueuedCopy {
  id: string;
  state: QueueState;
  /** Of the envelope: bare addresses, the sender's empty for bounces and receipts. */
  sender: string;
  recipient: string;
  /** The recipient's domain. */
  destination: string;
  /** Of the header. */
  from: Address;
  subject: string;
  /** Null for mail that is not Waybill's to track. */
  trackingNumber: string | null;
  messageId: string | null;
  sizeBytes: number;
  attempts: number;
  acceptedAt: string;
  /** Null when it does not wait. */
  nextAttemptAt: string | null;
  /** When it is given up. */
  expiresAt: string;
  finishedAt: string | null;
  /** Why the last attempt failed. */
  lastError: string | null;
}

export interface QueuedCopyDetail extends QueuedCopy {
  wayOut: 'smarthost' | 'capture';
  eightBit: boolean;
  smtpUtf8: boolean;
  /** What the next mail server is asked for (RFC 3461). */
  dsn: { ret?: 'FULL' | 'HDRS'; envid?: string; notify?: string[]; orcpt?: string };
  /** Of the mail as it was handed in; empty when it is gone. */
  header: { name: string; value: string }[];
}

export interface QueueSummary {
  waiting: number;
  sending: number;
  settled: number;
  /** Of the last days; see `WAYBILL_QUEUE_RETENTION_DAYS`. */
  failed: number;
  /** Of what waits, the most first. */
  byDestination: { destination: string; waiting: number; /** Accepted at. */ oldest: string }[];
  byReason: { reason: string; waiting: number }[];
  /** The mail server that all mail goes out through; null when none is set. */
  smarthost: SmarthostState | null;
}

export interface SmarthostState {
  /** `up`: it takes mail, or nothing else is known. `down`: all copies wait, and single ones try whether it is back. */
  state: 'up' | 'down';
  /** While it is down. */
  since: string | null;
  /** In words. */
  reason: string | null;
  /** Null while it is up, and while a copy tries it. */
  nextTryAt: string | null;
}

/** A sender's mailbox that is watched for bounces, receipts and replies. */
export interface WatchedMailbox {
  /** From 1, in the order of the configuration. */
  number: number;
  address: string;
  host: string;
  folders: WatchedFolder[];
  /** Where copies of sent mail are put; null when none are wanted. `trouble`: why copies wait. */
  sent: { trouble: MailboxTrouble | null } | null;
}

export interface WatchedFolder {
  name: string;
  /** connecting: for the first time · watched: all that is there was looked at · trouble: tried again by itself. */
  state: 'connecting' | 'watched' | 'trouble';
  trouble: MailboxTrouble | null;
  /** When it was looked through last, since the server's start. */
  lastLookAt: string | null;
  /** Since the server's start: messages whose header was looked at, could not be read, were reports or replies. */
  looked: number;
  skipped: number;
  reports: number;
}

export interface MailboxTrouble {
  kind: 'sign-in' | 'certificate' | 'no-tls' | 'network' | 'folder' | 'refused' | 'store';
  /** One English sentence, without secrets. */
  text: string;
}

/** How this installation is. Counts are since its processes started. */
export interface SystemState {
  startedAt: string;
  edge: {
    /** Heard of within the last seconds. */
    isUp: boolean;
    lastHeardAt: string | null;
    /** Recorded hits. */
    hits: number;
    /** Requests whose signature is not ours. */
    forged: number;
    /** Not recorded because of an objection or a withdrawal. */
    silenced: number;
    /** Answered, but could not be recorded. */
    unrecorded: number;
    lastUnrecordedAt: string | null;
    /** Answered, and not recorded since one source asked for one thing too often. */
    repeated: number;
    /** Requests answered with an error: unknown addresses, malformed, too large or too slow. */
    rejected: number;
    /** Connections sent away since there were too many. */
    refusedConnections: number;
    /** 99 of 100 hits were on the disk within that time, ms; null when there was none, or it was longer than is measured. */
    durableWithinMs: number | null;
  };
  hits: {
    /** Put on timelines. */
    processed: number;
    /** Batches that had to be tried again. */
    failures: number;
    /** Put on timelines in a second, over the last ten; null when it is not known yet. */
    perSecond: number | null;
    /** How long the last hits took from their answer to their timeline; while nothing can be written, at least that time. */
    lagSeconds: number | null;
    /** Hits that are on no timeline yet; null when they are not counted. */
    backlog: number | null;
  };
  wayOut: { kind: 'smarthost'; host: string } | { kind: 'demo' };
  /** Of the file system with the data; null when it cannot be asked. */
  disk: { freeBytes: number; sizeBytes: number } | null;
  /** What needs attention, in sentences; empty when all is well. */
  troubles: Reason[];
}

export interface Overview {
  sinceDays: number;
  messages: number;
  deliveries: number;
  states: Partial<Record<VerdictState, number>>;
  /** Of all copies of these days' messages. */
  read: ReadInterval;
  /** One row per day, oldest first: hits judged a person's, and machine hits. */
  days: { day: string; people: number; machines: number }[];
}

/** How a mail would look, with nothing stored and nothing tracked. */
export interface Preview {
  html: string | null;
  text: string | null;
  /** One sentence: why this mail would not be tracked. */
  untouchedBecause?: string;
  /** One sentence: why it would carry no pixel although it is tracked. */
  noPixelBecause?: string;
  /** Destinations that would be tracked. */
  links: string[];
  /** Links that would stay as they are, in order. */
  untouchedLinks: UntouchedLink[];
}

/** RFC 9457 problem details. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** One entry for each invalid field of the request. */
  errors?: { field: string; message: string }[];
}
