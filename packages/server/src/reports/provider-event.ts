import { messageIdOf } from './message-id.ts';
import type { Report, ReportRecipient } from './report.ts';
import { classOfCodes, classOfWords } from './failure-class.ts';
import { findCodes, statusField } from './status-code.ts';

type Json = Record<string, unknown>;

/**
 * Amazon SES tells by mail through SNS, as JSON in the text, bare or within SNS' envelope
 * (docs.aws.amazon.com/ses/latest/dg/notification-contents.html).
 */
export function readProviderEvent(lines: readonly string[]): Report | undefined {
  const text = lines.join('\n').trim();
  if (!text.startsWith('{') || !/"?notificationType\\?"/.test(text.slice(0, 8192))) return undefined;
  const end = text.lastIndexOf('}');
  const outer = parse(text.slice(0, end + 1));
  const event = typeof outer?.['Message'] === 'string' ? parse(outer['Message']) : outer;
  const type = event?.['notificationType'];
  if (event === undefined || typeof type !== 'string') return undefined;
  const report = eventReport(type, event);
  const ids = objectOf(objectOf(event['mail'])?.['commonHeaders']);
  const id = messageIdOf(textOf(ids?.['messageId']));
  if (report !== undefined && id !== undefined) report.originalMessageId = id;
  return report;
}

function eventReport(type: string, event: Json): Report | undefined {
  if (type === 'Bounce') {
    const bounced = listOf(objectOf(event['bounce'])?.['bouncedRecipients']);
    return {
      kind: 'bounce',
      recipients: bounced.map(bouncedRecipient).filter((entry) => entry !== undefined),
    };
  }
  if (type === 'Complaint') {
    const complained = listOf(objectOf(event['complaint'])?.['complainedRecipients']);
    const addresses = complained.map((entry) => textOf(objectOf(entry)?.['emailAddress']));
    return {
      kind: 'complaint',
      recipients: addresses.filter((address) => address !== undefined).map((address) => ({ address })),
    };
  }
  if (type !== 'Delivery') return undefined;
  const delivery = objectOf(event['delivery']);
  const answer = textOf(delivery?.['smtpResponse']);
  const status = statusField(answer);
  const addresses = listOf(delivery?.['recipients'])
    .map(textOf)
    .filter((address) => address !== undefined);
  return {
    kind: 'bounce',
    recipients: addresses.map((address) => ({
      address,
      action: 'delivered',
      ...(status === undefined ? {} : { status }),
      ...(answer === undefined ? {} : { diagnostic: answer.slice(0, 500) }),
    })),
  };
}

function bouncedRecipient(entry: unknown): ReportRecipient | undefined {
  const fields = objectOf(entry);
  const address = textOf(fields?.['emailAddress']);
  if (fields === undefined || address === undefined) return undefined;
  const diagnostic = textOf(fields['diagnosticCode'])?.replace(/^[\w.-]{1,40}; ?/, '');
  const codes = findCodes(diagnostic ?? '');
  const status = statusField(textOf(fields['status'])) ?? codes.status ?? '5.0.0';
  return {
    address,
    action: textOf(fields['action']) === 'delayed' ? 'delayed' : 'failed',
    status,
    class: classOfWords(diagnostic ?? '', { status }) ?? classOfCodes({ ...codes, status }) ?? 'other',
    ...(diagnostic === undefined ? {} : { diagnostic: diagnostic.slice(0, 500) }),
  };
}

/** A mail program may have wrapped the long line: line breaks within strings are no JSON, so they are taken out. */
function parse(text: string): Json | undefined {
  for (const attempt of [text, text.replaceAll(/!?\n ?/g, '')]) {
    try {
      return objectOf(JSON.parse(attempt));
    } catch {
      // The next attempt, or not an event.
    }
  }
  return undefined;
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, 1000) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
