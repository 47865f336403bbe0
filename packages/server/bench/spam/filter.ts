/** What a spam filter says of a message. */
export interface Opinion {
  score: number;
  /** Points by rule; rules without points too. */
  rules: Map<string, number>;
}

/** A spam filter that runs on this machine and asks no network. */
export interface Filter {
  name: string;
  version: string;
  /** How many mails it looks at side by side. */
  parallel: number;
  check(mail: Buffer): Promise<Opinion>;
  stop(): Promise<void>;
}
