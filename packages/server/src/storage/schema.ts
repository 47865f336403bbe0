import type { Generated } from 'kysely';

export type EngineName = 'sqlite' | 'postgres';

/**
 * Every table, once, for both engines. Times are integer milliseconds UTC, booleans 0 or 1,
 * JSON is text, workspace ids unsigned 32-bit integers. Every tenant's row has `workspace_id`.
 */
export interface Database {
  workspaces: {
    id: number;
    name: string;
    mode: string;
    disclosure: string;
    address_retention_days: number | null;
    /** null: raw hits are kept */
    hit_retention_days: number | null;
    created_at: number;
    disabled_at: number | null;
  };
  users: {
    id: string;
    workspace_id: number;
    /** lower case, unique */
    email: string;
    name: string;
    /** argon2id, PHC string */
    password_hash: string;
    created_at: number;
  };
  sessions: {
    /** SHA-256 of the cookie's secret, hex */
    id_hash: string;
    user_id: string;
    workspace_id: number;
    created_at: number;
    expires_at: number;
    ip: string | null;
  };
  /** Addresses from which the sender's own sessions came lately: a weak sign of a self-open. */
  sender_addresses: { workspace_id: number; ip: string; seen_at: number };
  sign_in_links: { token_hash: string; created_at: number; expires_at: number; consumed_at: number | null };
  api_keys: {
    id: string;
    workspace_id: number;
    name: string;
    prefix: string;
    /** SHA-256, hex, unique */
    secret_hash: string;
    created_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  smtp_credentials: {
    id: string;
    workspace_id: number;
    user_id: string | null;
    label: string;
    /** unique */
    username: string;
    /** JSON array of addresses and `@domains`; null: any */
    allowed_from: string | null;
    /** SHA-256, hex */
    secret_hash: string;
    created_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  messages: {
    id: string;
    workspace_id: number;
    /** RFC 5322 mailbox as the author wrote it */
    from_address: string;
    subject: string;
    /** JSON array of mailboxes */
    to_json: string;
    cc_json: string;
    message_id_header: string | null;
    mode: string;
    source: string;
    size_bytes: number;
    created_at: number;
    /** null until the mail is out: hits before that are the sender's own */
    sent_at: number | null;
    last_sign_at: number | null;
    /** JSON LinksLeft; null: none, or not known */
    links_left: string | null;
  };
  deliveries: {
    id: string;
    workspace_id: number;
    message_id: string;
    /** canonical, unique */
    tracking_number: string;
    /** bare address, domain in lower case */
    recipient: string;
    pixel_url: string | null;
    untouched_code: string | null;
    untouched_text: string | null;
    /** queued | captured | sent | delivered | failed | bounced: how far the mail itself came */
    transport: string;
    verdict_state: string;
    verdict_confidence: number;
    /** JSON Reason[] */
    verdict_reasons: string;
    verdict_settled: number;
    /** when an unsettled verdict is to be computed again */
    settle_at: number | null;
    /** 1: when the hold is over the verdict is settled as it is, unless something else has become known */
    settles_plainly: Generated<number>;
    created_at: number;
    sent_at: number | null;
    last_sign_at: number | null;
    objected_at: number | null;
    /** Grows with whatever a judgement of its hits rests on: what was decided on an older state is not written. */
    version: Generated<number>;
    /** JSON: what stands for older hits when new ones come, and is true up to `past_at`; deleted with every other change */
    past: string | null;
    past_at: number | null;
  };
  message_links: {
    message_id: string;
    workspace_id: number;
    link_count: number;
    /** JSON, `[[link_index, url], …]` in the order of the indexes */
    links: string;
  };
  /** Raw hits as the policy allowed them, for re-judgement. */
  hits: {
    epoch: string;
    seq: number;
    workspace_id: number;
    /** null in mode `aggregate` */
    delivery_id: string | null;
    message_id: string;
    kind: string;
    link_index: number | null;
    url: string | null;
    at: number;
    method: string;
    ip: string | null;
    /** JSON Record<string,string> */
    headers: string;
    mode: string;
    /** end of the address's host name, where it tells of a gateway or crawler */
    host: string | null;
    /** Of an identical request right after another: the source of that one's event, which stands for both. */
    refetch_of: string | null;
  };
  events: {
    id: string;
    workspace_id: number;
    /** null for events of an `aggregate` message */
    delivery_id: string | null;
    message_id: string;
    /** Unique change number, ever growing; a re-judged event gets a new one. */
    position: number;
    at: number;
    type: string;
    actor: string | null;
    confidence: number | null;
    reasons: string | null;
    place: string | null;
    client: string | null;
    network: string | null;
    ip: string | null;
    link: string | null;
    /** `hit:<epoch>:<seq>`, `relay:<queue id>:<attempt>`, `report:<id>`, `privacy:<id>`; unique: a fact counts once */
    source: string;
    rules_version: number;
    /** Identical requests within a second that it stands for, itself included. */
    requests: Generated<number>;
  };
  /** One row, `name = 'position'`: the last change number given out. */
  counters: { name: string; value: number };
  cursors: { epoch: string; seq: number };
  channels: {
    id: string;
    workspace_id: number;
    name: string;
    kind: string;
    /** JSON ChannelConfig */
    config: string;
    created_at: number;
    last_error: string | null;
    last_sent_at: number | null;
  };
  rules: {
    id: string;
    workspace_id: number;
    name: string;
    trigger: string;
    /** JSON string[] */
    channel_ids: string;
    enabled: number;
    created_at: number;
  };
  outbox: {
    id: string;
    workspace_id: number;
    channel_id: string;
    /** `<rule id>:<channel id>:<what happened>`; unique, and sent along to the channel */
    idempotency_key: string;
    /** JSON Notification */
    payload: string;
    /** pending | sent | failed */
    state: string;
    attempts: number;
    next_attempt_at: number;
    last_error: string | null;
    created_at: number;
    sent_at: number | null;
  };
  /** A submitted message's bytes, stored once for all its copies; deleted when no queue row needs it. */
  contents: { id: string; workspace_id: number; raw: Uint8Array; size_bytes: number; created_at: number };
  queue: {
    id: string;
    workspace_id: number;
    /** null: Waybill's own mail (notifications), never instrumented */
    delivery_id: string | null;
    message_id: string | null;
    content_id: string;
    envelope_from: string;
    envelope_to: string;
    /** JSON EnvelopeOptions: way out, what the copy is made with, parameters of the submission */
    envelope_options: string;
    /** ready | sending | settled | done */
    state: string;
    attempts: number;
    /** Failures that were this copy's own and not the smarthost's: its pauses grow with them */
    deferrals: Generated<number>;
    next_attempt_at: number;
    last_error: string | null;
    /** JSON Outcome of the last attempt, while `settled`: not told to the timeline yet */
    outcome: Generated<string | null>;
    created_at: number;
    expires_at: number;
    finished_at: number | null;
    /** domain of `envelope_to` in lower case */
    destination: Generated<string>;
    /** of the content; the copy is a little larger */
    size_bytes: Generated<number>;
  };
  /**
   * What Waybill put in the place of a copy's envelope, where it did: whom its bounces are for, and the sender's own
   * ENVID and NOTIFY (RFC 3461).
   */
  return_paths: {
    delivery_id: string;
    workspace_id: number;
    message_id: string;
    envelope_from: string;
    envelope_id: string | null;
    /** comma-separated, as of RFC 3461 §4.1 */
    notify: string | null;
    /** when the mail was accepted */
    created_at: number;
  };
  /** Recipients' addresses behind which several people read, as far as mail has shown it. */
  shared_addresses: {
    workspace_id: number;
    /** lower case */
    address: string;
    /** list-fields | expanded */
    because: string;
    seen_at: number;
  };
  /** Reports that were matched: a message counts once, and what it said can be read again. */
  reports: {
    /** unique name of the message */
    key: string;
    workspace_id: number;
    kind: string;
    /** inbound | mailbox */
    via: string;
    /** JSON MatchedDelivery[] */
    matched: string;
    /** JSON Report, or only its kind where the privacy mode keeps no more */
    parsed: string;
    received_at: number;
  };
  /** The demo inbox: the copy exactly as it would have been sent. */
  captured: {
    id: string;
    workspace_id: number;
    delivery_id: string | null;
    tracking_number: string | null;
    recipient: string;
    from_address: string;
    subject: string;
    raw: Uint8Array;
    captured_at: number;
  };
  /** Objections of recipients: no mail to this address is tracked by this workspace. */
  objections: { workspace_id: number; address: string; delivery_id: string | null; at: number };
  /** What the edge must not record; `version` grows with each change. */
  deny_entries: {
    version: Generated<number>;
    workspace_id: number;
    /** delivery | message | workspace */
    kind: string;
    /** delivery or message id in hex; workspace id in decimal */
    target: string;
    /** silent: answer but do not record · block: links of an abuser show a warning · allow: entry withdrawn */
    effect: string;
    created_at: number;
  };
  idempotency_keys: {
    workspace_id: number;
    key: string;
    request_hash: string;
    status: number;
    response: string;
    created_at: number;
  };
  settings: { name: string; value: string };
  /** How far a folder of a sender's mailbox was read. */
  mailbox_cursors: {
    /** `user@host:port` */
    account_id: string;
    folder: string;
    workspace_id: number;
    uid_validity: number;
    last_uid: number;
    moved_at: number;
  };
  /** Copies of sent mail for their authors' mailboxes. */
  sent_copies: {
    id: string;
    workspace_id: number;
    message_id: string;
    account_id: string;
    message_id_header: string;
    /** null when it has ended */
    raw: Uint8Array | null;
    /** waiting | appended | found | failed */
    state: string;
    attempts: number;
    due_at: number;
    last_error: string | null;
    accepted_at: number;
    ended_at: number | null;
  };
}
