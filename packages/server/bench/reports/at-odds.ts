import type { Outcome, Row } from './compare.ts';

/** "Still trying", "given up", as notices say it in English: what decides between `delayed` and `failed`. */
const TRYING =
  /will (?:be retried|continue|keep|retry|try)|still being retried|warning message only|has not yet been|delayed/i;
const OVER =
  /permanent|gave up|giv(?:en|ing) up|could not be delivered|unable to deliver|failed|not going to try|undeliverable/i;

const FINAL = /^final-recipient:/im;

function names(text: string, address: string): boolean {
  const at = text.toLowerCase().indexOf(address);
  return at !== -1 && !/[\w.]/.test(text[at - 1] ?? '');
}

function isFinal(text: string, address: string): boolean {
  return text.split('\n').some((line) => FINAL.test(line) && line.toLowerCase().includes(address));
}

/**
 * Where what is known of a message is not what the message says: a tool's reading, or a field that the quoted answer
 * contradicts. In words, or undefined when the disagreement is ours to explain.
 *
 * @param text the whole message
 */
export function atOdds(
  field: string,
  { expected, found }: Outcome,
  row: Row,
  text: string,
): string | undefined {
  switch (field) {
    case 'kind':
      return found === 'complaint' && /^content-type: message\/feedback-report/im.test(text)
        ? 'the mail has a message/feedback-report'
        : undefined;
    case 'recipient': {
      const absent = expected.split(' ').filter((address) => !names(text, address));
      if (absent.length > 0) return `${absent.join(', ')} is not in the mail`;
      const hasField = found.split(' ').every((address) => FINAL.test(text) && isFinal(text, address));
      return hasField ? 'the mail has our address in its field' : undefined;
    }
    case 'status':
      return statusAtOdds(expected, found, row, text);
    case 'action':
      if (found === '?') return 'its recipient is not in the mail';
      if (expected === 'delayed' && found === 'failed' && !TRYING.test(text)) {
        return OVER.test(text)
          ? 'the mail says that it was given up'
          : 'nothing in the mail says that it is still tried';
      }
      return expected === 'failed' && found === 'delayed' && TRYING.test(text)
        ? 'the mail says that it is still being tried'
        : undefined;
    case 'class':
      return found === '?' ? 'its recipient is not in the mail' : undefined;
    default:
      return undefined;
  }
}

function statusAtOdds(expected: string, found: string, row: Row, text: string): string | undefined {
  if (found === '?') return 'its recipient is not in the mail';
  if (!expected.endsWith('.0.0') && !/\.0\.9\d\d$/.test(expected) && !text.includes(expected)) {
    return 'no such code is in the mail';
  }
  if (row['status'] === '' && text.includes(found))
    return 'the answer that it quotes is more exact than its field';
  const field = row['f_status'] ?? '';
  return field !== expected && field === found ? 'the mail has our code in its field' : undefined;
}
