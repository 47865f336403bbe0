const ESCAPED_BYTES = /(?:\+[89A-F][0-9A-F])+/g;

/**
 * An SMTP command whose parameters have characters beyond ASCII in place of the bytes that xtext makes of them (RFC 3461
 * §4: `gro+C3+9F`). smtp-server would take each byte for a character: the parameter would be another one on its way
 * out, and a byte that looks like a control character would be refused. What is no UTF-8 stays as it is.
 */
export function withUnicodeXtext(command: Buffer): Buffer {
  const text = command.toString();
  // An address may hold a plus sign that means nothing.
  const end = text.indexOf('>') + 1;
  const parameters = text.slice(end);
  const changed = parameters.replaceAll(ESCAPED_BYTES, (run) => {
    const bytes = Buffer.from(run.replaceAll('+', ''), 'hex');
    const characters = bytes.toString();
    return Buffer.from(characters).equals(bytes) ? characters : run;
  });
  return changed === parameters ? command : Buffer.from(text.slice(0, end) + changed);
}
