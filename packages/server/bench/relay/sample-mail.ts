/** A newsletter of 20 KB as people send it: text and HTML, quoted-printable, with a dozen links. Lines end with LF. */
export function sampleMail(sizeBytes = 20_480): string {
  const head = [
    'From: Sam <sam@example.org>',
    'To: Ann <ann@example.net>',
    'Subject: What is new this week',
    'Date: Mon, 23 Nov 2026 12:00:00 +0000',
    'Message-ID: <bench@example.org>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary="part-of-the-mail"',
    '',
    '--part-of-the-mail',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    ...Array.from(
      { length: 30 },
      (_, n) => `Offer ${n}: some words about it, a price, and an umlaut: =C3=BC.`,
    ),
    '',
    '--part-of-the-mail',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<html><head><title>News</title></head><body><table width=3D"100%">',
  ].join('\n');
  const tail = '\n</table></body></html>\n--part-of-the-mail--\n';
  let rows = '';
  const words = '<p style=3D"margin:0 0 8px">Some words about it, a price, and an umlaut: =\n=C3=BC.</p>\n';
  for (let n = 0; Buffer.byteLength(head + rows + tail) < sizeBytes - 1_000; n++) {
    rows +=
      `\n<tr><td style=3D"padding:8px"><a href=3D"https://shop.example.com/p/${n}?utm=\n` +
      `_source=3Dmail&amp;utm_id=3D${n}">Offer ${n}</a>\n${words.repeat(15)}</td></tr>`;
  }
  return head + rows + tail;
}
