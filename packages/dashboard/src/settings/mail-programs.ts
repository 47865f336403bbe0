import type { Workspace } from '@waybill/sdk';

export type MailProgram = 'thunderbird' | 'outlook' | 'apple-mail' | 'gmail';
type Smtp = Workspace['smtp'];

export const mailPrograms = [
  { value: 'thunderbird', label: 'Thunderbird' },
  { value: 'outlook', label: 'Outlook' },
  { value: 'apple-mail', label: 'Apple Mail' },
  { value: 'gmail', label: 'Gmail' },
] as const satisfies readonly { value: MailProgram; label: string }[];

export interface ProgramSteps {
  steps: string[];
  /** What may stand in the way, honestly. */
  note?: string;
}

export function securityWords(security: Smtp['security']): string {
  return { starttls: 'STARTTLS', tls: 'TLS', none: 'None' }[security];
}

/** Whether only programs on the same machine can reach this host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Where each program asks for the values, by the names its menus have. */
export function programSteps(program: MailProgram, smtp: Smtp): ProgramSteps {
  const security = securityWords(smtp.security);
  switch (program) {
    case 'thunderbird':
      return {
        steps: [
          'Open Account Settings, then Outgoing Server (SMTP), and choose Add.',
          `Enter server ${smtp.host}, port ${smtp.port}, connection security ${security}, authentication “Normal password”, and the user name.`,
          'In your account’s own page, choose this server as Outgoing Server.',
          ...(isLoopback(smtp.host) && smtp.security !== 'none'
            ? [
                'Send a mail. The first time it fails, because Waybill’s certificate is self-signed: choose OK, then Confirm Security Exception, and Send once more.',
                'Enter the password when Thunderbird asks for it.',
              ]
            : ['Send a mail. Thunderbird asks for the password the first time.']),
        ],
        note: 'Thunderbird sends plain text when a mail has no formatting at all, and plain text carries no image. A link, a picture or one bold word is enough; to send HTML always, choose Options, Sending Format, HTML and Plain Text.',
      };
    case 'outlook':
      return {
        steps: [
          'Classic Outlook: open File, Account Settings, Account Settings, and choose your account, then Change and More Settings.',
          'On Outgoing Server, tick “My outgoing server requires authentication” and “Log on using”, with the user name and password.',
          `On Advanced, set outgoing server (SMTP) to ${smtp.port} with ${security}; back on the first page, set the server to ${smtp.host}.`,
          'Choose Next. Outlook sends a test mail.',
        ],
        note: 'Only accounts over IMAP or POP have an outgoing server of their own. Microsoft 365 and Exchange accounts, and the new Outlook, always send through Microsoft: use Compose here, or the snippet there.',
      };
    case 'apple-mail':
      return {
        steps: [
          'Open Mail, Settings, Accounts, choose your account, then Server Settings.',
          'Under Outgoing Mail Account choose Edit SMTP Server List, and add one with +.',
          `Enter server ${smtp.host}, switch off “Automatically manage connection settings”, then port ${smtp.port}, Use TLS/SSL ${smtp.security === 'none' ? 'off' : 'on'}, authentication Password, and the user name and password.`,
          'Save, and choose the new server as Outgoing Mail Account.',
        ],
      };
    case 'gmail':
      return {
        steps: [
          'Open Settings, See all settings, Accounts and Import, and choose “Add another email address” under Send mail as.',
          'Enter your name and address, then Next Step.',
          `Enter SMTP server ${smtp.host}, port ${smtp.port}, the user name and password, and “Secured connection using TLS”.`,
          'Confirm with the code that Gmail sends, and choose this address in From when you write.',
        ],
        ...(isLoopback(smtp.host)
          ? {
              note: `Gmail connects from Google’s machines, so it cannot reach ${smtp.host}. It needs a Waybill with a public host name and a certificate that an authority signed. Until then, use Compose and copy the snippet into Gmail.`,
            }
          : {}),
      };
  }
}
