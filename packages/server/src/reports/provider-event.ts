import { readMessageId } from '../messages/messages.ts';
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
  if (!text.startsWith('{') || !/"?(?:notification|event)Type\\?"/.test(text.slice(0, 8192)))
    return undefined;
  const outer = parse(text.slice(0, objectEnd(text)));
  const event = typeof outer?.['Message'] === 'string' ? parse(outer['Message']) : outer;
  const type = event?.['notificationType'] ?? event?.['eventType'];
  if (event === undefined || typeof type !== 'string') return undefined;
  const report = eventReport(type, event);
  const id = sentId(objectOf(event['mail']));
  if (report !== undefined && id !== undefined) report.originalMessageId = id;
  return report;
}

/** Behind the brace that closes the first one: SNS puts its own footer below. */
function objectEnd(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{') depth += 1;
    else if (character === '}' && (depth -= 1) === 0) return index + 1;
  }
  return text.length;
}

/** `messageId` of the mail itself is Amazon's own name for it. */
function sentId(mail: Json | undefined): string | undefined {
  const common = readMessageId(textOf(objectOf(mail?.['commonHeaders'])?.['messageId']));
  if (common !== undefined) return common;
  const field = listOf(mail?.['headers'])
    .map(objectOf)
    .find((entry) => textOf(entry?.['name'])?.toLowerCase() === 'message-id');
  return readMessageId(textOf(field?.['value']));
}

function eventReport(type: string, event: Json): Report | undefined {
  if (type === 'Bounce') {
    const bounce = objectOf(event['bounce']);
    return troubled(bounce, 'bouncedRecipients', {
      action: 'failed',
      isTransient: bounce?.['bounceType'] === 'Transient',
    });
  }
  if (type === 'DeliveryDelay') {
    const delay = objectOf(event['deliveryDelay']);
    return troubled(delay, 'delayedRecipients', { action: 'delayed', isTransient: true });
  }
  if (type === 'Complaint') return complaint(objectOf(event['complaint']));
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

function complaint(told: Json | undefined): Report {
  const addresses = listOf(told?.['complainedRecipients']).map((entry) =>
    textOf(objectOf(entry)?.['emailAddress']),
  );
  const type = textOf(told?.['complaintFeedbackType']);
  return {
    kind: 'complaint',
    recipients: addresses.filter((address) => address !== undefined).map((address) => ({ address })),
    ...(type === undefined ? {} : { feedbackType: type.toLowerCase() }),
  };
}

interface Trouble {
  action: 'failed' | 'delayed';
  isTransient: boolean;
}

function troubled(told: Json | undefined, list: string, trouble: Trouble): Report {
  const subType = textOf(told?.['bounceSubType']) ?? textOf(told?.['delayType']) ?? '';
  const words = subType.replaceAll(/([a-z])([A-Z])/g, '$1 $2');
  return {
    kind: 'bounce',
    recipients: listOf(told?.[list])
      .map((entry) => troubledRecipient(objectOf(entry), words, trouble))
      .filter((entry) => entry !== undefined),
  };
}

/** @param words the event's own name for the trouble, where the server's answer tells none */
function troubledRecipient(
  fields: Json | undefined,
  words: string,
  { action, isTransient }: Trouble,
): ReportRecipient | undefined {
  const address = textOf(fields?.['emailAddress']);
  if (fields === undefined || address === undefined) return undefined;
  const diagnostic = textOf(fields['diagnosticCode'])?.replace(/^[\w.-]{1,40}; ?/, '');
  const codes = findCodes(diagnostic ?? '');
  const status = statusField(textOf(fields['status'])) ?? codes.status ?? (isTransient ? '4.0.0' : '5.0.0');
  return {
    address,
    action: textOf(fields['action']) === 'delayed' ? 'delayed' : action,
    status,
    class:
      classOfWords(diagnostic ?? '', { status }) ??
      classOfWords(words, {}) ??
      classOfCodes({ ...codes, status }) ??
      'other',
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
