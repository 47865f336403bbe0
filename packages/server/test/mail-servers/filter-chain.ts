import { join } from 'node:path';
import type { TestContext } from 'node:test';
import nodemailer from 'nodemailer';
import { IMAP_PASSWORD, type TestDovecot } from '../support/dovecot.ts';
import { docEnvironment, docSnippet } from '../support/doc-snippets.ts';
import { showWhenFailed } from '../support/failure-log.ts';
import { onFreePorts } from '../support/free-ports.ts';
import { startMailboxes } from '../support/mailbox.ts';
import { startPostfix, type TestPostfix } from '../support/postfix.ts';
import { startServer, type RunningServer } from '../support/server.ts';
import { startSmarthost, type TestSmarthost } from '../support/smarthost.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/** Postfix with Waybill as its content filter, exactly as the documentation sets it up. */
export interface FilterChain {
  postfix: TestPostfix;
  /** Has every mailbox of example.org and example.net. */
  dovecot: TestDovecot;
  /** Gets the mail for all other domains, as a server of the world would. */
  far: TestSmarthost;
  waybill: RunningServer;
  /** Starts it again with the same settings, after it was stopped. */
  restartWaybill(): Promise<void>;
  /** Where users send; what is not submitted goes past the filter. */
  submission: { host: string; port: number };
  /** A mail program that signs in as a user. */
  mailProgram(user: string): ReturnType<typeof nodemailer.createTransport>;
}

/** What a test wants besides. */
export interface ChainAdditions {
  settings?: Record<string, string>;
  /** Lines of main.cf, and of master.cf. */
  main?: string;
  master?: string;
}

export async function startFilterChain(t: TestContext, additions: ChainAdditions = {}): Promise<FilterChain> {
  const directory = await temporaryDirectory();
  const dovecot = await startMailboxes();
  const far = await startSmarthost();
  let waybill: RunningServer | undefined;
  showWhenFailed(t, 'Dovecot', () => dovecot.log());
  showWhenFailed(t, 'Waybill', () => waybill?.stderr() ?? '');
  t.after(async () => {
    await waybill?.stop();
    await far.close();
    await dovecot[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });
  return onFreePorts(1, async ([filterPort = 0]) => {
    const postfix = await startPostfix(t, 2, ([submissionPort, backPort]) => ({
      main: [
        docSnippet('postfix-filter', 'main.cf'),
        'virtual_mailbox_domains = example.org, example.net',
        'virtual_mailbox_maps = static:ok',
        `virtual_transport = lmtp:inet:127.0.0.1:${dovecot.lmtp.port}`,
        `default_transport = smtp:[127.0.0.1]:${far.port}`,
        'smtpd_sasl_type = dovecot',
        `smtpd_sasl_path = inet:127.0.0.1:${dovecot.authPort}`,
        additions.main ?? '',
      ].join('\n'),
      master: [
        `127.0.0.1:${submissionPort} inet n - n - - smtpd`,
        '  -o smtpd_sasl_auth_enable=yes',
        '  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject',
        docSnippet('postfix-filter', 'master.cf: submission', { 10025: filterPort }),
        docSnippet('postfix-filter', 'master.cf: services', { 10026: backPort ?? 0 }),
        additions.master ?? '',
      ].join('\n'),
    }));
    const [submissionPort = 0, backPort = 0] = postfix.ports;
    const settings = {
      ...docEnvironment('postfix-filter', 'waybill.env', { 10025: filterPort, 10026: backPort }),
      // As behind a reverse proxy, so that a reader has an address.
      WAYBILL_TRUSTED_PROXIES: '127.0.0.0/8',
      ...additions.settings,
    };
    const start = () => startServer(join(directory.path, 'data'), settings);
    const chain: FilterChain = {
      postfix,
      dovecot,
      far,
      waybill: (waybill = await start()),
      restartWaybill: async () => {
        chain.waybill = waybill = await start();
      },
      submission: { host: '127.0.0.1', port: submissionPort },
      mailProgram: (user) =>
        nodemailer.createTransport({
          host: '127.0.0.1',
          port: submissionPort,
          auth: { user, pass: IMAP_PASSWORD },
        }),
    };
    return chain;
  });
}
