const HTML = 'Content-Type: text/html; charset=utf-8\r\n\r\n';
const LINK = '<a href="http://a/">';

/** Mails that make careless code slow, by how often what is in them is repeated. */
const HOSTILE: Record<string, (count: number) => string> = {
  'nested tags': (count) => HTML + '<div>'.repeat(count),
  'tables in tables': (count) => HTML + '<table>'.repeat(count),
  'attributes of one tag': (count) => `${HTML}<a ${'x=y '.repeat(count)}>`,
  'different links (a tenth)': (count) =>
    HTML + Array.from({ length: count / 10 }, (_, index) => `<a href="http://a/${index}">x</a>`).join(''),
  'different hosts (a tenth)': (count) =>
    HTML +
    Array.from({ length: count / 10 }, (_, index) => `<a href="http://h${index}.example/">x</a>`).join(''),
  'character references': (count) =>
    `${HTML}<a href="http://a/${'&copy;'.repeat(1_000)}">`.repeat(count / 6_000),
  'addresses in styles': (count) => HTML + `<span style="${'url('.repeat(4_000)}">`.repeat(count / 16_000),
  'open links (a tenth)': (count) => HTML + LINK.repeat(count / 10),
  'a line, ten times as long': (count) => HTML + 'x'.repeat(10 * count),
  'unterminated quotes': (count) => HTML + '<a href="'.repeat(count),
  comments: (count) => HTML + '<!---->'.repeat(count),
  'less-than signs, ten times': (count) => HTML + '<'.repeat(10 * count),
  'header fields': (count) => 'X: y\r\n'.repeat(count) + HTML,
  parts: (count) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(count)}--b--`,
  'lines like boundaries': (count) =>
    `Content-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\n${HTML}${'--x\r\n'.repeat(count)}--xy--`,
  'escape sequences of a charset': (count) =>
    `Content-Type: text/html; charset=iso-2022-jp\r\n\r\n${'\x1b$B0!\x1b(B'.repeat(count / 8)}`,
  'a header field, ten times as long': (count) => `X: ${'y'.repeat(10 * count)}\r\n${HTML}`,
  'parameters (RFC 2231)': (count) =>
    `Content-Type: text/html;${Array.from({ length: count / 10 }, (_, index) => `\r\n a*${index}*=b`).join(';')}\r\n\r\nx`,
  'base64 with something else in it': (count) =>
    `Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUJD!'.repeat(count)}`,
  'soft line breaks': (count) =>
    `Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${'=\r\n'.repeat(count)}x`,
};

const MANY = 1_000_000;

/** Prints what such mails cost. @param once what is done with a mail */
export function hostile(work: (mail: Buffer) => unknown): void {
  console.log(
    '\nHostile mail, 10⁶ of each: milliseconds a megabyte (the goal is 50), and how much longer twice as many take:',
  );
  const msOf = (message: Buffer): number => {
    const start = performance.now();
    work(message);
    return performance.now() - start;
  };
  for (const [name, make] of Object.entries(HOSTILE)) {
    const [once, twice] = [MANY, 2 * MANY].map((count) => Buffer.from(make(count)));
    if (once === undefined || twice === undefined) continue;
    const best = (message: Buffer): number => Math.min(msOf(message), msOf(message), msOf(message));
    const ms = best(once);
    const ratio = `x${(best(twice) / ms).toFixed(1)}`;
    console.log(`  ${name.padEnd(28)}${(ms / (once.length / 1e6)).toFixed(1).padStart(8)}   ${ratio}`);
  }
}
