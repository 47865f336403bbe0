import type { MailboxCheck } from '../../mailboxes/mailboxes.ts';
import type { SmarthostCheck } from '../../relay/relay.ts';
import type { Finding } from './finding.ts';

/** Whether mail gets out. */
export function ofSmarthost(check: SmarthostCheck | undefined, isLoopback: boolean): Finding[] {
  const topic = 'smarthost';
  if (check === undefined) {
    return [
      {
        topic,
        level: isLoopback ? 'ok' : 'warning',
        text: 'none is set: mail is captured in the demo inbox, or refused',
        ...(isLoopback
          ? {}
          : { advice: 'Set WAYBILL_SMARTHOST_URL to the mail server that mail goes out through.' }),
      },
    ];
  }
  const place = `${check.host}:${check.port}`;
  if (check.problem !== undefined) {
    return [
      {
        topic,
        level: 'problem',
        text: `${place}: ${check.problem.replace(/\.$/, '')}`,
        advice: 'Mend WAYBILL_SMARTHOST_URL or the server; until then mail waits in the queue.',
      },
    ];
  }
  const signedIn = check.isSignedIn ? ', signed in' : ', without sign-in';
  const findings: Finding[] = [
    {
      topic,
      level: 'ok',
      text: `${place} takes mail, ${check.isEncrypted ? 'encrypted' : 'not encrypted'}${signedIn}`,
    },
  ];
  const useful = ['PIPELINING', 'DSN', '8BITMIME', 'SMTPUTF8'];
  const missing = useful.filter((keyword) => !check.offers.includes(keyword));
  if (missing.includes('DSN')) {
    findings.push({
      topic,
      level: 'unknown',
      text: 'it has no DSN: deliveries are confirmed by bounces only, or not at all',
    });
  }
  return findings;
}

/** Whether the senders' mailboxes can be read. */
export function ofMailboxes(checks: readonly MailboxCheck[]): Finding[] {
  return checks.map(({ account, problem, folders, sent }) => {
    const wrong = [
      problem,
      ...folders.map((folder) => folder.problem),
      sent !== undefined && !('folder' in sent) ? sent.problem : undefined,
    ].filter((each) => each !== undefined);
    const topic = 'mailboxes';
    // Numbered as in the setting: an address is not for everybody who reads a report.
    const name = `${account.number}. at ${account.host}`;
    if (wrong.length === 0) return { topic, level: 'ok', text: `${name} can be read` };
    return {
      topic,
      level: 'problem',
      text: `${name}: ${wrong.join(' ').replace(/\.$/, '')}`,
      advice: 'waybill mailbox check says more; docs/mailboxes.md.',
    };
  });
}
