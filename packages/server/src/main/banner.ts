import { isIP } from 'node:net';

/** What `npm start` says when everything is up. */
export interface BannerFacts {
  dashboardUrl: string;
  /** Undefined when a user exists. */
  signInLink: string | undefined;
  publicUrl: string;
  smtp: { host: string; port: number } | undefined;
  smtps: { host: string; port: number } | undefined;
  filter: { host: string; port: number } | undefined;
  inbound: { host: string; port: number } | undefined;
  /** Ready to use from this machine; undefined when the listener is not for this machine alone. */
  credential: { user: string; password: string } | undefined;
  /** Mail is captured in the demo inbox. */
  demo: boolean;
  smarthostHost: string | undefined;
  /** The tracking address is this machine's own: nobody outside could fetch a pixel. */
  trackingIsLocal: boolean;
  dataDir: string;
}

export function banner(facts: BannerFacts): string {
  const lines = ['', 'Waybill is running.', '', row('Dashboard', facts.dashboardUrl)];
  if (facts.signInLink !== undefined) {
    lines.push(row('Sign in', facts.signInLink), row('', 'This link works once, for 15 minutes.'));
  }
  lines.push(...submission(facts).map((text, index) => row(index === 0 ? 'Submission' : '', text)));
  if (facts.filter !== undefined) lines.push(row('Filter', `${hostPort(facts.filter)}, for mail servers`));
  if (facts.inbound !== undefined)
    lines.push(row('Inbound', `${hostPort(facts.inbound)}, for bounces and answers`));
  if (facts.demo) {
    lines.push(
      row('Demo inbox', `${facts.dashboardUrl}/inbox`),
      row('', 'No mail server is set: mail is captured there and goes nowhere.'),
      row('', 'WAYBILL_SMARTHOST_URL names one.'),
    );
  }
  if (facts.smarthostHost !== undefined) lines.push(row('Way out', facts.smarthostHost));
  else if (!facts.demo) {
    lines.push(
      row('Way out', 'none: no mail is accepted (451) until WAYBILL_SMARTHOST_URL names a mail server.'),
      row('', 'WAYBILL_DEMO=1 captures mail in a demo inbox instead.'),
    );
  }
  lines.push(row('Tracking', facts.publicUrl));
  if (facts.smarthostHost !== undefined && facts.trackingIsLocal) {
    lines.push(
      row('', 'Only this machine can reach that, so mail goes out untracked.'),
      row('', 'WAYBILL_PUBLIC_URL names the address that readers reach.'),
    );
  }
  lines.push(row('Data', facts.dataDir), '', 'Ctrl-C stops it.', '');
  return `${lines.join('\n')}\n`;
}

/** Where mail programs hand their mail over, and as whom; nothing where there is no such listener. */
function submission({ smtp, smtps, credential }: BannerFacts): string[] {
  const addresses = [
    ...(smtp === undefined ? [] : [`${hostPort(smtp)}, STARTTLS`]),
    ...(smtps === undefined ? [] : [`${hostPort(smtps)}, TLS from the start`]),
  ];
  return addresses.length === 0 || credential === undefined
    ? addresses
    : [...addresses, `user ${credential.user}, password ${credential.password}`];
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(12)}${value}`;
}

function hostPort({ host, port }: { host: string; port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
