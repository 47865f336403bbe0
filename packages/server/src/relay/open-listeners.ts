import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import type { MailIntake } from './accept.ts';
import { AuthLimit, DEFAULT_AUTH_LIMITS } from './auth-limit.ts';
import { certificateFromFiles, ownCertificate } from './certificate.ts';
import { listenSmtp, type ListenAddress, type SmtpListener } from './listener.ts';
import { listenInbound } from './inbound-listener.ts';
import { InboundMail } from './inbound-mail.ts';
import type { PassThroughMail } from './pass-through.ts';
import { DEFAULT_SMTP_LIMITS, smtpShares, type SmtpLimits } from './smtp-limits.ts';
import type { Admission } from './smtp-session.ts';
import type { RelayDeps } from './relay-options.ts';

const CERTIFICATE_CHECK_MS = 5_000;
const INBOUND_CONNECTIONS = 500;
/** Reports are about one copy each. */
const INBOUND_RECIPIENTS = 20;

export interface OpenListeners {
  /** Undefined: it is off. */
  submission: SmtpListener | undefined;
  submissions: SmtpListener | undefined;
  filter: SmtpListener | undefined;
  inbound: SmtpListener | undefined;
  close(): Promise<void>;
}

/** Binds every listener that the settings name. @throws what binding throws, with none left open */
export async function openListeners(
  deps: RelayDeps,
  intake: MailIntake,
  passThrough: PassThroughMail,
): Promise<OpenListeners> {
  const { settings, logger, tuning = {} } = deps;
  const certificates =
    settings.tls === undefined
      ? await ownCertificate({ ...deps, directory: join(settings.dataDir, 'tls') })
      : certificateFromFiles({ ...settings.tls, logger });
  let certificate = certificates.current;
  const limits = {
    ...DEFAULT_SMTP_LIMITS,
    maxMessageBytes: settings.maxMessageBytes,
    ...settings.smtpLimits,
    ...tuning.smtpLimits,
  };
  const shares = smtpShares(limits, deps.clock);
  const open: SmtpListener[] = [];
  const openOne = async (
    setting: string,
    listen: ListenAddress | undefined,
    make: (listen: ListenAddress) => Promise<SmtpListener>,
  ): Promise<SmtpListener | undefined> => {
    if (listen === undefined) return undefined;
    const bind = deps.bind ?? ((_setting, address, makeThere) => makeThere(address));
    const listener = await bind(setting, listen, make);
    open.push(listener);
    return listener;
  };
  const start = (
    setting: string,
    listen: ListenAddress | undefined,
    admission: Admission,
    implicitTls = false,
  ): Promise<SmtpListener | undefined> =>
    openOne(setting, listen, (address) =>
      listenSmtp({
        listen: address,
        implicitTls,
        certificate,
        admission,
        shares,
        intake,
        pass: (mail) => passThrough.send(mail),
        logger,
      }),
    );
  const close = async (): Promise<void> => {
    await Promise.all(open.map((listener) => listener.close()));
  };
  const users = userAdmission(deps);
  const servers: Admission = {
    kind: 'networks',
    networks: settings.filterNetworks,
    domains: settings.filterDomains,
    workspaceId: deps.filterWorkspace,
  };
  try {
    const submission = await start('WAYBILL_SMTP_LISTEN', settings.submission, users);
    const submissions = await start('WAYBILL_SMTPS_LISTEN', settings.submissions, users, true);
    const filter = await start('WAYBILL_FILTER_LISTEN', settings.filter, servers);
    const inbound = await openOne('WAYBILL_INBOUND_LISTEN', settings.inbound, (listen) =>
      listenInbound({ listen, certificate, ...inboundParts(deps, limits, passThrough) }),
    );
    const watch = setInterval(() => {
      void certificates.changed().then((changed) => {
        if (changed === undefined) return;
        certificate = changed;
        for (const listener of open) listener.useCertificate(certificate);
        logger.info({}, 'the SMTP certificate was changed');
      });
    }, tuning.certificateCheckMs ?? CERTIFICATE_CHECK_MS);
    watch.unref();
    return {
      submission,
      submissions,
      filter,
      inbound,
      close: async () => {
        clearInterval(watch);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Strangers' limits are counted by themselves. @throws AppError `misconfigured` */
function inboundParts(deps: RelayDeps, limits: SmtpLimits, passThrough: PassThroughMail) {
  const { settings, keyring, reports, returnPaths, clock, logger } = deps;
  const domain = settings.returnPaths?.verpDomain;
  if (domain === undefined || reports === undefined || returnPaths === undefined) {
    throw new AppError('misconfigured', 'WAYBILL_INBOUND_LISTEN needs WAYBILL_VERP_DOMAIN: set that too.');
  }
  const name = hostname();
  const shares = smtpShares(
    { ...limits, maxConnections: INBOUND_CONNECTIONS, maxRecipients: INBOUND_RECIPIENTS },
    clock,
  );
  const inbound = new InboundMail({
    domain,
    keyring,
    reports,
    returnPaths,
    passThrough,
    hostName: name,
    limits: shares.limits,
    clock,
    logger,
  });
  return { inbound, shares, name, logger };
}

function userAdmission(deps: RelayDeps): Admission {
  return {
    kind: 'credentials',
    check: deps.credentials,
    limit: new AuthLimit(deps.tuning?.authLimits ?? DEFAULT_AUTH_LIMITS, deps.clock),
    allowPlainOnLoopback: deps.settings.allowPlainOnLoopback,
    onSender: (workspaceId, address) => {
      deps.noteSenderAddress(workspaceId, address).catch((err: unknown) => {
        deps.logger.warn({ err }, "a sender's address could not be noted");
      });
    },
  };
}
