import { isUniqueMessageId } from '../messages/messages.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { verifyReturnAddress, verifyReturnToken, type Keyring } from '../tracking/tracking.ts';
import { addressOf, sameAddress } from './address.ts';
import type { IncomingReport, MatchedBy } from './taken-report.ts';
import type { ReportClue, ReportedDelivery, ReportStore } from './report-store.ts';
import type { Report, ReportRecipient } from './report.ts';
import { trackedIds } from './tracked-ids.ts';

/** A report's word on one delivery. */
export interface ReportMatch {
  workspaceId: WorkspaceId;
  delivery: ReportedDelivery;
  /** What the report says of it; undefined when it names nobody. */
  recipient: ReportRecipient | undefined;
  by: MatchedBy;
}

/** Where to look, in the order of trust. `names` tells that the clue itself names one delivery. */
interface Lead {
  by: MatchedBy;
  workspaceId: WorkspaceId;
  clue: ReportClue;
  names: 'delivery' | 'message';
}

const MAX_ANSWERED = 20;

/**
 * Finds the deliveries that a report is about: by the VERP address that it was sent to, the envelope id, the original
 * Message-ID with the recipient, and our signed addresses in the returned mail. The first of these that leads to a
 * delivery decides. What is not signed counts only within the workspace whose mailbox the report was in.
 */
export async function matchReport(
  report: Report,
  mail: Pick<IncomingReport, 'raw' | 'sentTo' | 'workspaceId'>,
  { store, keyring }: { store: Pick<ReportStore, 'find'>; keyring: Keyring },
): Promise<ReportMatch[]> {
  if (report.kind === 'none') return [];
  for (const lead of leads(report, mail, keyring)) {
    const candidates = await store.find(lead.workspaceId, lead.clue);
    const pairs =
      lead.names === 'delivery'
        ? ofDelivery(report, candidates)
        : ofMessage(report, candidates, isVague(lead.clue));
    const matches = pairs.filter((pair) => isPlausible(report, pair, lead.by));
    if (matches.length > 0) {
      return matches.map((pair) => ({ ...pair, workspaceId: lead.workspaceId, by: lead.by }));
    }
  }
  return [];
}

/** Signed ones are their own proof of a workspace; they must not cross into the mailbox of another. */
function* leads(
  report: Report,
  mail: Pick<IncomingReport, 'raw' | 'sentTo' | 'workspaceId'>,
  keyring: Keyring,
): Generator<Lead> {
  const own = (workspaceId: WorkspaceId): boolean =>
    mail.workspaceId === undefined || mail.workspaceId === workspaceId;
  let workspaceId = mail.workspaceId;
  for (const address of [...(mail.sentTo === undefined ? [] : [mail.sentTo]), ...(report.sentTo ?? [])]) {
    const claims = verifyReturnAddress(keyring, address);
    if (claims === undefined || !own(claims.workspaceId)) continue;
    workspaceId ??= claims.workspaceId;
    const clue = { kind: 'delivery', id: claims.subject } as const;
    yield { by: 'verp', workspaceId: claims.workspaceId, names: 'delivery', clue };
  }
  const envelopeId = report.originalEnvelopeId;
  if (envelopeId !== undefined) {
    const claims = verifyReturnToken(keyring, envelopeId);
    const by = 'envelope-id';
    if (claims !== undefined && own(claims.workspaceId)) {
      const clue = { kind: 'delivery', id: claims.subject } as const;
      yield { by, workspaceId: claims.workspaceId, names: 'delivery', clue };
    }
    if (workspaceId !== undefined) {
      yield { by, workspaceId, names: 'message', clue: { kind: 'envelope-id', envelopeId } };
    }
  }
  if (workspaceId !== undefined) {
    for (const header of answered(report)) {
      yield { by: 'message-id', workspaceId, names: 'message', clue: { kind: 'message-id', header } };
    }
  }
  for (const { workspaceId: signed, subject: id } of trackedIds(keyring, mail.raw)) {
    if (!own(signed)) continue;
    yield { by: 'tracking', workspaceId: signed, names: 'delivery', clue: { kind: 'delivery', id } };
    yield { by: 'tracking', workspaceId: signed, names: 'message', clue: { kind: 'message', id } };
  }
}

/** What the report says it is about; for a reply then the mails before that one, the nearest first. */
function answered(report: Report): string[] {
  const ids = report.originalMessageId === undefined ? [] : [report.originalMessageId];
  if (report.kind === 'reply' || report.kind === 'auto-reply')
    ids.push(...(report.references ?? []).toReversed());
  return [...new Set(ids)].slice(0, MAX_ANSWERED);
}

/** Whoever numbers their mails without a domain may use a number again: only who was written to answers such a one. */
function isVague(clue: ReportClue): boolean {
  return clue.kind === 'message-id' && !isUniqueMessageId(clue.header);
}

type Pair = Pick<ReportMatch, 'delivery' | 'recipient'>;

function ofDelivery(report: Report, candidates: readonly ReportedDelivery[]): Pair[] {
  const [delivery] = candidates;
  if (delivery === undefined) return [];
  const recipient = report.recipients.find((entry) => isAbout(entry, delivery)) ?? report.recipients[0];
  return [{ delivery, recipient }];
}

/** Of a mail's copies those whose recipients the report names; the only one even when it names another address. */
function ofMessage(report: Report, candidates: readonly ReportedDelivery[], mustName: boolean): Pair[] {
  // The same Message-ID twice is a mail that was sent again; the report is most probably about the newest.
  const newest = candidates.filter(({ messageId }) => messageId === candidates[0]?.messageId);
  const pairs = report.recipients.flatMap((recipient): Pair[] => {
    const delivery =
      newest.find((candidate) => isAbout(recipient, candidate)) ??
      candidates.find((candidate) => isAbout(recipient, candidate));
    return delivery === undefined ? [] : [{ delivery, recipient }];
  });
  if (pairs.length > 0 || mustName) return uniquePairs(pairs);
  const addressed = newest.filter(({ recipient }) =>
    (report.originalTo ?? []).some((address) => sameAddress(address, recipient)),
  );
  // With several recipients the returned header names all of them.
  const [only, ...others] = newest.length === 1 ? newest : addressed;
  return only === undefined || others.length > 0 ? [] : [{ delivery: only, recipient: report.recipients[0] }];
}

function uniquePairs(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(
    ({ delivery }, index) =>
      pairs.findIndex((other) => other.delivery.deliveryId === delivery.deliveryId) === index,
  );
}

export function isAbout(
  { address, originalAddress }: ReportRecipient,
  { recipient }: ReportedDelivery,
): boolean {
  return (
    sameAddress(address, recipient) ||
    (originalAddress !== undefined && sameAddress(originalAddress, recipient))
  );
}

/** The author's own mails answer their own mails; and whoever quotes a mail that was forwarded is not its recipient. */
function isPlausible(report: Report, { delivery, recipient }: Pair, by: MatchedBy): boolean {
  if (report.kind !== 'reply' && report.kind !== 'auto-reply') return true;
  if (recipient === undefined) return by !== 'tracking';
  if (isAbout(recipient, delivery)) return true;
  if (by === 'tracking') return false;
  const own = domainOf(addressOf(delivery.author) ?? '');
  const from = domainOf(recipient.address);
  // Somebody else in the author's house takes part in the talk; the recipient may write from another address.
  return from !== own || (from === domainOf(delivery.recipient) && !sameAuthor(recipient, delivery));
}

function sameAuthor({ address }: ReportRecipient, { author }: ReportedDelivery): boolean {
  return sameAddress(address, addressOf(author) ?? '');
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
