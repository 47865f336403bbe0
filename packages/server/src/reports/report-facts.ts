import type { Actor, EventType, Reason } from '@waybill/sdk';
import type { FailureClass, Report, ReportRecipient } from './report.ts';

/** What a report means for a delivery's timeline. */
export interface ReportFact {
  type: Extract<
    EventType,
    'relayed' | 'deferred' | 'delivered' | 'bounced' | 'receipt' | 'auto-replied' | 'replied' | 'complained'
  >;
  transport?: 'delivered' | 'bounced';
  actor?: Actor;
  confidence?: number;
  reasons: Reason[];
  /** It tells something of the reader and not of the mail's way: kept only as far as the privacy mode allows. */
  ofReader: boolean;
}

/** How sure a receipt makes us; whoever can write mail can write one. */
const RECEIPT_BY_PERSON = 0.85;
const RECEIPT_BY_PROGRAM = 0.55;
const REPLY_BY_PERSON = 0.97;
/** The recipient's other address, or somebody whom they passed the mail to. */
const REPLY_FROM_ELSEWHERE = 0.75;
const COMPLAINT = 0.8;

/**
 * @param isRecipients it names the address that the mail went to
 * @returns undefined when nothing follows from the report
 */
export function factOf(
  report: Report,
  recipient: ReportRecipient | undefined,
  { isRecipients }: { isRecipients: boolean },
): ReportFact | undefined {
  switch (report.kind) {
    case 'dsn':
    case 'bounce':
      return statusFact(report, recipient);
    case 'mdn':
      // Sieve's old "reject" comes as a receipt, and means that the mail was refused.
      return recipient?.action === 'failed' ? statusFact(report, recipient) : receiptFact(recipient);
    case 'auto-reply':
      return { type: 'auto-replied', actor: 'automation', reasons: [AUTO_REPLIED], ofReader: true };
    case 'reply':
      return {
        type: 'replied',
        actor: 'human',
        confidence: isRecipients ? REPLY_BY_PERSON : REPLY_FROM_ELSEWHERE,
        reasons: isRecipients ? [REPLIED] : [REPLIED, FROM_ELSEWHERE],
        ofReader: true,
      };
    case 'complaint':
      return {
        type: 'complained',
        confidence: COMPLAINT,
        reasons: complaintReasons(report),
        ofReader: false,
      };
    case 'none':
      return undefined;
  }
}

function statusFact(report: Report, recipient: ReportRecipient | undefined): ReportFact | undefined {
  const said = diagnosticOf(recipient);
  switch (recipient?.action) {
    case undefined:
      // A notice of non-delivery that names nobody; one with fields that say nothing says nothing.
      if (report.kind !== 'bounce') return undefined;
      return {
        type: 'bounced',
        transport: 'bounced',
        reasons: [failure(recipient?.class), ...said],
        ofReader: false,
      };
    case 'failed':
      return {
        type: 'bounced',
        transport: 'bounced',
        reasons: [failure(recipient.class), ...said],
        ofReader: false,
      };
    case 'delayed':
      return { type: 'deferred', reasons: [...delay(recipient.class), ...said], ofReader: false };
    case 'delivered':
      return { type: 'delivered', transport: 'delivered', reasons: [CONFIRMED, ...said], ofReader: false };
    case 'relayed':
      return { type: 'relayed', reasons: [RELAYED], ofReader: false };
    case 'expanded':
      return { type: 'relayed', reasons: [EXPANDED], ofReader: false };
  }
}

/** A receipt says what a mail program or its user chose to say. Only "displayed" speaks of a reader. */
function receiptFact(recipient: ReportRecipient | undefined): ReportFact {
  const base = { type: 'receipt', ofReader: true } as const;
  switch (recipient?.disposition) {
    case 'displayed':
      return recipient.automatic === true
        ? { ...base, actor: 'automation', confidence: RECEIPT_BY_PROGRAM, reasons: [RECEIPT_BY_ITSELF] }
        : { ...base, actor: 'human', confidence: RECEIPT_BY_PERSON, reasons: [RECEIPT_DISPLAYED] };
    case 'deleted':
      return { ...base, reasons: [RECEIPT_DELETED] };
    case 'denied':
      return { ...base, reasons: [RECEIPT_DENIED] };
    case 'dispatched':
      return { ...base, reasons: [RECEIPT_DISPATCHED] };
    case 'processed':
      return { ...base, reasons: [RECEIPT_PROCESSED] };
    case undefined:
      return { ...base, reasons: [RECEIPT_UNCLEAR] };
  }
}

function failure(reason: FailureClass | undefined): Reason {
  const known = reason ?? 'other';
  return { code: `bounced-${known}`, text: FAILURES[known] };
}

function delay(reason: FailureClass | undefined): Reason[] {
  const late: Reason = {
    code: 'delayed',
    text: 'A mail server on the way still tries to deliver it.',
  };
  return reason === undefined || reason === 'other'
    ? [late]
    : [late, { code: `delayed-${reason}`, text: FAILURES[reason] }];
}

/** In the other side's words. */
function diagnosticOf(recipient: ReportRecipient | undefined): Reason[] {
  const text = recipient?.diagnostic?.trim();
  if (text === undefined || text === '') {
    const { status } = recipient ?? {};
    return status === undefined || status.endsWith('.0.0')
      ? []
      : [{ code: 'status', text: `Their mail system gave the status ${status}.` }];
  }
  return [{ code: 'diagnostic', text: `Their mail system said: ${text}` }];
}

function complaintReasons({ feedbackType }: Report): Reason[] {
  const said: Reason =
    feedbackType === 'opt-out' || feedbackType === 'opt-out-list'
      ? {
          code: 'complaint-opt-out',
          text: 'The recipient’s mail program asks you to send no more such mail.',
        }
      : { code: 'complaint', text: 'The recipient reported the mail as unwanted.' };
  return [said, COMPLAINT_ADVICE];
}

const FAILURES: Readonly<Record<FailureClass, string>> = {
  'unknown-user': 'There is no such mailbox.',
  disabled: 'The mailbox is closed.',
  moved: 'The recipient has moved to another address.',
  'mailbox-full': 'The mailbox is full.',
  'too-large': 'The mail is too large for the recipient’s mail system.',
  policy: 'The recipient’s mail system does not take such mail.',
  spam: 'The recipient’s mail system took the mail for spam.',
  reputation: 'The recipient’s mail system does not trust the server that sent the mail.',
  authentication: 'The mail could not prove to the recipient’s mail system who sent it.',
  content: 'The recipient’s mail system did not accept the content of the mail.',
  'rate-limited': 'Too much mail came at a time.',
  dns: 'The mail server of the address cannot be found.',
  network: 'The recipient’s mail server cannot be reached.',
  'relay-denied': 'A mail server on the way does not take mail for this address.',
  system: 'The recipient’s mail system has a fault.',
  expired: 'The mail could not be delivered for so long that the mail server gave up.',
  other: 'The recipient’s mail system sent the mail back.',
};

const CONFIRMED: Reason = {
  code: 'delivery-confirmed',
  text: 'The recipient’s mail system says that the mail is in the mailbox. That says nothing about reading.',
};
const RELAYED: Reason = {
  code: 'passed-on',
  text: 'A mail server passed it on to one that confirms nothing. Whether it arrived is not known.',
};
const EXPANDED: Reason = {
  code: 'expanded',
  text: 'The address is a list or an alias: the mail went on to the addresses behind it.',
};
const RECEIPT_DISPLAYED: Reason = {
  code: 'receipt-displayed',
  text: 'A receipt says so: the mail was displayed. A receipt can be forged.',
};
const RECEIPT_BY_ITSELF: Reason = {
  code: 'receipt-automatic',
  text: 'A receipt says so, but a program sent it by itself. That is weak evidence, and a receipt can be forged.',
};
const RECEIPT_DELETED: Reason = {
  code: 'receipt-deleted',
  text: 'A receipt says that the mail was deleted. Whether it was read before is not known.',
};
const RECEIPT_DENIED: Reason = {
  code: 'receipt-denied',
  text: 'The recipient does not want to tell whether they read the mail.',
};
const RECEIPT_DISPATCHED: Reason = {
  code: 'receipt-dispatched',
  text: 'A receipt says that the mail was passed on or printed. That says nothing about reading.',
};
const RECEIPT_PROCESSED: Reason = {
  code: 'receipt-processed',
  text: 'A receipt says that a program processed the mail. That says nothing about reading.',
};
const RECEIPT_UNCLEAR: Reason = {
  code: 'receipt-unclear',
  text: 'A receipt came that does not say what became of the mail.',
};
const AUTO_REPLIED: Reason = {
  code: 'auto-replied',
  text: 'A program answered by itself. That says that the mailbox exists, and nothing about reading.',
};
const REPLIED: Reason = { code: 'reply-came', text: 'An answer to this mail came back.' };
const FROM_ELSEWHERE: Reason = {
  code: 'reply-from-elsewhere',
  text: 'It came from another address than the mail went to: the recipient’s own, or that of somebody who got it from them.',
};
const COMPLAINT_ADVICE: Reason = {
  code: 'complaint-advice',
  text: 'Send no more such mail to this address; further complaints make mail servers distrust all your mail.',
};
