import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

/** A client's own record of what was answered; the server's must hold all of it. */
export interface Ledger {
  /** User-Agent of each hit whose answer arrived; unique for each request. */
  hits: Set<string>;
  /** Subject of each mail that was answered with 250. */
  mails: Set<string>;
}

export function newLedger(): Ledger {
  return { hits: new Set(), mails: new Set() };
}

/** Requests pixels, one after the other, until the signal; failures are not entered. */
export async function hitUntil(
  signal: AbortSignal,
  name: string,
  pixelUrls: readonly string[],
  ledger: Ledger,
  limit = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let n = 0; n < limit && !signal.aborted; n++) {
    const agent = `load/${name}-${n}`;
    const url = pixelUrls[n % pixelUrls.length] ?? '';
    try {
      const answer = await fetch(url, { headers: { 'user-agent': agent } });
      await answer.arrayBuffer();
      if (answer.status === 200) ledger.hits.add(agent);
    } catch {
      // Not answered: the server may or may not have it.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** User-Agents of all hits that the main store holds, duplicates included. The server must be stopped or idle. */
export function storedAgents(dataDir: string): string[] {
  const rows = query<{ headers: string }>(dataDir, 'select headers from hits');
  return rows.map(({ headers }) => (JSON.parse(headers) as Record<string, string>)['user-agent'] ?? '');
}

/** Event sources that occur more than once; there must be none. */
export function duplicateSources(dataDir: string): string[] {
  const sql = 'select source from events group by source having count(*) > 1';
  return query<{ source: string }>(dataDir, sql).map(({ source }) => source);
}

/** How many opening events the store holds. */
export function openedEvents(dataDir: string): number {
  return count(dataDir, "select count(*) as n from events where type = 'opened'");
}

/** How many mails the demo inbox holds. */
export function capturedMails(dataDir: string): number {
  return count(dataDir, 'select count(*) as n from captured');
}

function count(dataDir: string, sql: string): number {
  return query<{ n: number }>(dataDir, sql)[0]?.n ?? 0;
}

function query<R>(dataDir: string, sql: string): R[] {
  const database = new DatabaseSync(join(dataDir, 'waybill.db'), { readOnly: true });
  try {
    return database.prepare(sql).all() as R[];
  } finally {
    database.close();
  }
}

/** What of the ledger's hits the store lacks, and what it holds twice; both must be empty. */
export function balance(dataDir: string, ledger: Ledger): { lost: string[]; twice: string[] } {
  const stored = storedAgents(dataDir);
  const known = new Set(stored);
  const seen = new Set<string>();
  const twice = stored.filter((agent) => seen.size === seen.add(agent).size);
  return { lost: [...ledger.hits].filter((agent) => !known.has(agent)), twice };
}

/** `SUBJECT → RECIPIENT` of each mail in the demo inbox, duplicates included. */
export function capturedCopies(dataDir: string): string[] {
  const sql = 'select subject, recipient from captured';
  return query<{ subject: string; recipient: string }>(dataDir, sql).map(
    ({ subject, recipient }) => `${subject} → ${recipient}`,
  );
}
