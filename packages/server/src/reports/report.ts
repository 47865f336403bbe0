/** What a message from a mail system says about a delivery. */
export type ReportKind = 'dsn' | 'bounce' | 'mdn' | 'auto-reply' | 'complaint' | 'reply' | 'none';

/** `Action` of RFC 3464 §2.3.3. */
export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

/** `disposition-type` of RFC 8098 §3.2.6, with those of RFC 2298 that are still sent. */
export type Disposition = 'displayed' | 'deleted' | 'denied' | 'dispatched' | 'processed';

/** Why a delivery failed or is late. */
export type FailureClass =
  | 'unknown-user'
  | 'disabled'
  | 'moved'
  | 'mailbox-full'
  | 'too-large'
  | 'policy'
  | 'spam'
  | 'reputation'
  | 'authentication'
  | 'content'
  | 'rate-limited'
  | 'dns'
  | 'network'
  | 'relay-denied'
  | 'system'
  | 'expired'
  | 'other';

export interface ReportRecipient {
  /** Bare, in the letter case of the report. */
  address: string;
  action?: ReportAction;
  /** Enhanced status code (RFC 3463). X.0.0 when only success or failure is known. */
  status?: string;
  class?: FailureClass;
  disposition?: Disposition;
  /** Done by a machine: the receipt of no reader, the answer of an autoresponder. */
  automatic?: boolean;
  /** In the words of the mail system, one line, at most 500 characters. */
  diagnostic?: string;
  /** As the sender wrote it (`Original-Recipient`), where it differs. */
  originalAddress?: string;
}

/** Shape of `waybill report --json`; the fields behind `recipients` help to match the report to its delivery. */
export interface Report {
  kind: ReportKind;
  /** With angle brackets. */
  originalMessageId?: string;
  recipients: ReportRecipient[];
  /** Whom the report was sent to: a VERP address tells the delivery. */
  sentTo?: string[];
  /** ENVID of RFC 3461, decoded. */
  originalEnvelopeId?: string;
  /** Addressees of the returned message. */
  originalTo?: string[];
  /** Messages that an answer names in `References`, the oldest first. */
  references?: string[];
  reportingMta?: string;
  /** `Feedback-Type` of RFC 5965 §3.1, in lower case. */
  feedbackType?: string;
}
