/**
 * The first message id of a field (RFC 5322 §3.6.4), with angle brackets: as it is stored of a mail, and as it is read in
 * what answers it. Some programs leave the brackets out, or one of them, or put blanks inside; some number their mails
 * without a domain (`Message-ID: 0022`).
 */
export function readMessageId(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = value.slice(0, 4096).trim();
  const id =
    /<\s{0,8}([^<>\s]{1,900})\s{0,8}>/.exec(text)?.[1] ??
    /^<?([^<>\s"'()]{1,900}@[^<>\s"'()]{1,255})>?$/.exec(text)?.[1] ??
    // One word with a digit in it: "your mail" and "none" are no ids.
    /^<?((?=\S*\d)[\w.+=$-]{1,200})>?$/.exec(text)?.[1];
  return id === undefined ? undefined : `<${id}>`;
}

/** Without a domain it may be anybody's number, and the same one twice. */
export function isUniqueMessageId(id: string): boolean {
  return id.includes('@');
}
