import type { Config } from '../config/load.ts';
import type { Listen } from '../config/setting-kinds.ts';
import type { RelaySettings } from '../relay/relay.ts';
import type { Ports } from './ipc.ts';

/**
 * What the relay is told of the configuration.
 * @param ports of the listeners before a restart, which they get again
 * @param publicUrl what pixels and links begin with
 */
export function relaySettings(
  config: Config,
  { ports, publicUrl }: { ports: Ports; publicUrl: string },
): RelaySettings {
  return {
    submission: withPort(config.smtpListen, ports.smtp),
    submissions: withPort(config.smtpsListen, ports.smtps),
    filter: withPort(config.filterListen, ports.filter),
    inbound: withPort(config.inboundListen, ports.inbound),
    filterNetworks: config.filterNetworks,
    filterDomains: config.filterDomains,
    allowPlainOnLoopback: config.plainOnLoopback,
    maxMessageBytes: config.maxMessageBytes,
    smtpLimits: config.smtpLimits,
    tls: config.tls,
    smarthostUrl: config.smarthostUrl,
    demo: config.demo,
    plainText: config.plainText,
    spamCare: config.spamCare,
    trapLink: config.trapLink,
    dkimKeys: config.dkimKeys,
    queue: config.queue,
    returnPaths: {
      verpDomain: config.verpDomain,
      verpSenderDomains: config.verpSenderDomains,
      receipts: config.receipts,
    },
    notifyFrom: config.notifyFrom,
    dataDir: config.dataDir,
    publicUrl,
  };
}

/** The port of before, when this is a restart. */
function withPort(listen: Listen | undefined, port: number | undefined): Listen | undefined {
  return listen === undefined ? undefined : { ...listen, port: port ?? listen.port };
}
