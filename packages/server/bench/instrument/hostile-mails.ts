/** A mail that makes careless code slow, of about as many bytes as asked for. */
export type HostileMail = (sizeBytes: number) => string;

/** What own addresses are made with, so that mail can be full of quoted ones. */
export interface OwnAddresses {
  pixelUrl: string;
  linkUrl: (destination: string, index: number) => string;
}

const TYPE = 'Content-Type: text/html; charset=utf-8\r\n';
const HTML = `${TYPE}\r\n`;
const TEXT = 'Content-Type: text/plain; charset=utf-8\r\n\r\n';
const QUOTED = `${TYPE}Content-Transfer-Encoding: quoted-printable\r\n\r\n`;
const BASE64 = `${TYPE}Content-Transfer-Encoding: base64\r\n\r\n`;

/** Kept below what makes an address too long to be looked at. */
const LONG_ADDRESS = 16_000;
/** Kept below what makes a field too long to be read. */
const LONG_FIELD = 60_000;
/** Below the limits. */
const MANY_PARTS = 998;

/** The same again and again. */
function filled(unit: string, sizeBytes: number): string {
  return unit.repeat(Math.max(1, Math.floor(sizeBytes / Buffer.byteLength(unit))));
}

/** The like again and again, no two the same. */
function numbered(unit: (index: number) => string, sizeBytes: number): string {
  const pieces: string[] = [];
  for (let length = 0; length < sizeBytes;) {
    const piece = unit(pieces.length);
    pieces.push(piece);
    length += piece.length;
  }
  return pieces.join('');
}

const html =
  (unit: string, before = '', behind = ''): HostileMail =>
  (sizeBytes) =>
    HTML + before + filled(unit, sizeBytes) + behind;
const htmlNumbered =
  (unit: (index: number) => string): HostileMail =>
  (sizeBytes) =>
    HTML + numbered(unit, sizeBytes);
/** Links whose addresses are as long as they may be. */
const longAddresses = (origin: string, unit: string, end = ''): HostileMail =>
  html(`<a href="${origin}${filled(unit, LONG_ADDRESS)}${end}">x</a>`);
/** Links that show a text as long as any that is read. */
const shownTexts = (unit: string): HostileMail =>
  htmlNumbered((index) => `<a href="http://a/${index}">${unit.repeat(1_000 / unit.length)}</a>`);
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
/** A mail of as many parts as may be. */
const parts =
  (part: (sizeBytes: number) => string): HostileMail =>
  (sizeBytes) =>
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b\r\n${part(sizeBytes / MANY_PARTS)}\r\n`.repeat(MANY_PARTS)}--b\r\n${HTML}x\r\n--b--\r\n`;
const alternative =
  (text: HostileMail): HostileMail =>
  (sizeBytes) =>
    `Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n${text(sizeBytes)}\r\n--b\r\n${HTML}x\r\n--b--\r\n`;

const MARKUP: Record<string, HostileMail> = {
  'nested tags': html('<div>'),
  'tables in tables': html('<table>'),
  'tables in cells': html('<table><tr><td>'),
  'rows without tables': html('<tr><td>'),
  'cells with what bars an image': html('<td><pre>', '<table>'),
  'one tag, a million attributes': html('x=y ', '<a ', '>'),
  'attributes like those that matter': html(
    'hrex titlx data-waybilx clicktrackinx disable-trackinx ses:no-tracx data-pm-no-tracx originalsrx ',
    '<a href="http://a/" ',
    '>',
  ),
  'tags with ten attributes': html('<a b c d e f g h i j k>'),
  'end tags with attributes': html('</a b=c d=e>'),
  'unterminated quotes': html('<a href="'),
  'less-than signs': html('<'),
  'ampersands in text': html('&'),
  'one line': html('x'),
  comments: html('<!---->'),
  'comments that end with a bang': html('<!-- x --!>'),
  'comments that end with a bang, but for the last': html('<!-- x --!>', '', '<!-- -->'),
  'conditional comments': html(
    '<!--[if mso]><a href="http://a/">x</a><![endif]--><!--[if !mso]><!--><!--<![endif]-->',
  ),
  'doctypes and instructions': html('<!d><?x></ >'),
  CDATA: html('<![CDATA[ <a> ]]>', '<svg>'),
  'CDATA that ends nowhere': html('<svg><![CDATA[</svg>'),
  'nested svg': html('<svg>'),
  'svg in html in svg': html('<svg><desc>'),
  'fonts in svg': html('<font a b c d e f>', '<svg>'),
  'unknown elements in MathML': html('<annotation-xml encoding=x>', '<math>'),
  'end tags in svg': html('</x>', '<svg>'),
  'script that hides its end': html('<!--<script', '<script>'),
  'end tags in a title': html('</titlx ', '<title>'),
  'style elements': html('<style>a:first-child+b{}</style>'),
  'one style sheet of colons': html('a:nth-b +', '<style>', '</style>'),
  'styles with addresses': html(`<span style="${'url('.repeat(4_000)}">`),
  'backgrounds of others': html(`<span style="background:url(http://a/${'x'.repeat(60)})"></span>`),
  'images with texts in a link': html('<img alt="some words" src="http://a/x.png">', '<a href="http://a/">'),
  'disclosure lines': html('<div data-waybill="disclosure">x</div>'),
};

const LINKS: Record<string, HostileMail> = {
  'open links': html('<a href="http://a/">'),
  'links, all the same': html('<a href="http://a/">x</a>'),
  'different links': htmlNumbered((index) => `<a href="http://a/${index}">x</a>`),
  'different hosts': htmlNumbered((index) => `<a href="http://h${index}.example/">x</a>`),
  'links in a line each': htmlNumbered((index) => `<a href=http://a/${index}>x</a>\r\n`),
  'marked links': html('<a href="http://a/" data-waybill=off>x</a>'),
  'links with other schemes': htmlNumbered((index) => `<a href="mailto:a${index}">x</a>`),
  'character references in addresses': html(`<a href="http://a/${'&copy;'.repeat(1_000)}">`),
  'addresses of nothing but references': htmlNumbered(
    (index) => `<a href="&#104;&#116;t&#x70;&colon;&sol;&sol;a&#47;${index}&amp;&lt;">x</a>`,
  ),
  'bare ampersands': html(`<a href="http://a/?${'&'.repeat(1_000)}">`),
  'parameters like references': htmlNumbered(
    (index) => `<a href="http://a/?&copy${index}_&am${index}=x">x</a>`,
  ),
  'placeholders of templates': htmlNumbered((index) => `<a href="http://a/{{u${index}}}">x</a>`),
  'brackets that never close': longAddresses('http://a/', '{'),
  'a bracket that never closes': longAddresses('http://a/{', 'a'),
  'a square bracket that never closes': longAddresses('http://a/[', 'a'),
  'encoded brackets': longAddresses('http://a/', '%5B'),
  'signs of percent': longAddresses('http://a/', '%a'),
  underscores: longAddresses('http://a/__', 'a_'),
  'question marks in a page of another charset': (sizeBytes) =>
    `Content-Type: text/html; charset=iso-8859-1\r\n\r\n${filled(`<a href="http://a/\xe9${'?'.repeat(LONG_ADDRESS)}">x</a>`, sizeBytes)}`,
  'short segments': longAddresses('http://a', '/l'),
  'like links of ours': longAddresses(`http://a/l/${'a'.repeat(60)}?`, '&to=http'),
  'like pixels of ours': html(`<img src="http://a${'/o/a.gif?'.repeat(LONG_ADDRESS / 9)}#">`),
  'slashes and points': longAddresses('http://a/', '../'),
  'hosts in other scripts': htmlNumbered((index) => `<a href="http://\u00e9${index}.example/">x</a>`),
  'hosts that are numbers': htmlNumbered((index) => `<a href="http://${index}/">x</a>`),
  'hosts of many labels': longAddresses('http://', 'a.', '_'),
  'blanks and line ends in addresses': html('<a href=" \t\r\nht\ntp://a/\r\n ">x</a>'),
  'wrapped by Google': htmlNumbered(
    (index) => `<a href="https://www.google.com/url?q=http://h${index}/">x</a>`,
  ),
  'wrapped by Google, one long address': longAddresses('https://www.google.com/url?', 'q=http://&'),
  'wrapped by Safe Links five times': htmlNumbered((index) => {
    let address = `http://h${index}/`;
    for (let layer = 0; layer < 5; layer += 1) {
      address = `https://a.safelinks.protection.outlook.com/?url=${encodeURIComponent(address)}`;
    }
    return `<a href="${address}">x</a>`;
  }),
  'wrapped by Proofpoint': longAddresses('https://urldefense.com', '/v3/__http'),
  'wrapped by Proofpoint, with runs': longAddresses('https://urldefense.com/v3/__http://', '**A', '__;AAAA!'),
  'wrapped by Sophos': htmlNumbered(
    (index) => `<a href="https://a.protection.sophos.com/?u=aHR0cDovL2E${index}">x</a>`,
  ),
  'to the host of List-Unsubscribe': (sizeBytes) =>
    `List-Unsubscribe: <http://a/leave>\r\n${HTML}${numbered((index) => `<a href="http://a/${index}">x</a>`, sizeBytes)}`,
  'texts in full width': shownTexts('\uff41\uff0e'),
  'texts of dots': shownTexts('a.'),
  'texts of references': shownTexts('&CounterClockwiseContourIntegral;&notit;'),
  'texts of at signs': shownTexts('@ '),
  'texts in one letter each': htmlNumbered((index) => `<a href="http://a/${index}">\u00e9</a>`),
  'texts in another charset': (sizeBytes) =>
    `Content-Type: text/html; charset=gb18030\r\n\r\n${numbered((index) => `<a href="http://a/${index}">\x81\x40</a>`, sizeBytes)}`,
  'text in a thousand pieces': html('x<b>\u00e9</b>', '<a href="http://a/">'),
};

const ENCODINGS: Record<string, HostileMail> = {
  'soft line breaks': (sizeBytes) => `${QUOTED}${filled('=\r\n', sizeBytes)}x`,
  'soft line breaks in tags': (sizeBytes) =>
    QUOTED +
    filled(
      '<=\r\na=\r\n =\r\nh=\r\nr=\r\ne=\r\nf=\r\n=3D=\r\n"=\r\nht=\r\ntp://=\r\na/"=\r\n>x</=\r\na>',
      sizeBytes,
    ),
  'nothing but codes': (sizeBytes) =>
    QUOTED +
    filled(
      Array.from(Buffer.from('<a href="http://a/">x</a>'), (byte) => `=${byte.toString(16)}`).join(''),
      sizeBytes,
    ),
  'equals signs': (sizeBytes) => QUOTED + filled('=', sizeBytes),
  'blanks at the ends of lines': (sizeBytes) => QUOTED + filled(`x${' '.repeat(100)}\r\n`, sizeBytes),
  'dashes behind a link': (sizeBytes) => `${QUOTED}<a href=3D"http://a/">x</a>${filled('-', sizeBytes)}`,
  'links on one quoted line': (sizeBytes) => QUOTED + filled('<a href=3D"http://a/x">x</a>', sizeBytes),
  'base64 with something else in it': (sizeBytes) => BASE64 + filled('QUJD!', sizeBytes),
  'base64 in lines of a group': (sizeBytes) =>
    BASE64 +
    Buffer.from(filled('<a href="http://a/x">x</a>', sizeBytes / 2))
      .toString('base64')
      .replaceAll(/.{4}/g, '$&\r\n'),
  'base64 in uneven lines': (sizeBytes) =>
    BASE64 +
    Buffer.from(filled('<a href="http://a/x">x</a>', sizeBytes / 2))
      .toString('base64')
      .replaceAll(/.{5}/g, '$& \r\n'),
  'base64 of UTF-16': (sizeBytes) =>
    `Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(
      Buffer.from(
        `\ufeff${numbered((index) => `<a href="http://a/${index}">x</a>`, (sizeBytes * 3) / 8)}`,
        'utf16le',
      ),
    )}`,
  'escape sequences of a charset': (sizeBytes) =>
    `Content-Type: text/html; charset=iso-2022-jp\r\n\r\n${filled('\x1b$B0!\x1b(B', sizeBytes)}`,
  'two-byte characters': (sizeBytes) =>
    `Content-Type: text/html; charset=shift_jis\r\n\r\n${'\x81\x40'.repeat(sizeBytes / 2)}`,
};

const HEADERS: Record<string, HostileMail> = {
  'header fields': (sizeBytes) => filled('X: y\r\n', sizeBytes) + HTML,
  'folded header lines': (sizeBytes) => `X: y\r\n${filled(' z\r\n', sizeBytes)}${HTML}`,
  'lines that are no fields': (sizeBytes) => filled('Xy\r\n', sizeBytes) + HTML,
  'lines that begin with dashes': (sizeBytes) => filled('--: y\r\n', sizeBytes) + HTML,
  'one header field': (sizeBytes) => `X: ${filled('y', sizeBytes)}\r\n${HTML}`,
  'encoded words': (sizeBytes) =>
    filled('From: =?utf-8?q?=41?= =?x?b?QQ==?= <a@b.example>\r\n', sizeBytes) + HTML,
  recipients: (sizeBytes) => `From: "A"<a@b.example>\r\n${filled('To: a@b.example\r\n', sizeBytes)}${HTML}x`,
  'types, all the same': (sizeBytes) => filled(TYPE, sizeBytes) + HTML,
  'lists to leave': (sizeBytes) =>
    `${numbered((index) => `List-Unsubscribe: <http://a/${index}>\r\n`, sizeBytes)}${HTML}<a href="http://a/x">x</a>`,
  'one list to leave in many ways': (sizeBytes) =>
    filled(`List-Unsubscribe: ${numbered((index) => `<http://a/${index}>,`, LONG_FIELD)}\r\n`, sizeBytes) +
    `${HTML}<a href="http://a/x">x</a>`,
  signatures: (sizeBytes) => filled(`DKIM-Signature: ${'; d '.repeat(LONG_FIELD / 4)}\r\n`, sizeBytes) + HTML,
  'blanks in an encoding': (sizeBytes) =>
    filled(`Content-Transfer-Encoding: 7bit${' '.repeat(LONG_FIELD)}x\r\n`, sizeBytes) + HTML,
};

const STRUCTURE: Record<string, HostileMail> = {
  'parts beyond the limit': (sizeBytes) =>
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${filled('--b\r\n\r\n', sizeBytes)}--b--`,
  'parts of header fields': parts((sizeBytes) => `${filled('X: y\r\n', sizeBytes)}\r\n`),
  'parts of text in base64': parts(
    (sizeBytes) =>
      `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${filled('QUJD', sizeBytes)}`,
  ),
  'parts with parameters': parts(
    (sizeBytes) =>
      `Content-Type: text/x;${numbered((index) => ` a${index}=b;`, Math.min(9_000, sizeBytes))}\r\n\r\nx`,
  ),
  'parameters in pieces (RFC 2231)': parts(
    (sizeBytes) =>
      `Content-Disposition: attachment;${numbered((index) => ` a*${index}*=b;`, Math.min(9_000, sizeBytes))}\r\n\r\nx`,
  ),
  'parameters behind comments': parts(
    (sizeBytes) => `Content-Type: text/x${filled('(a)', Math.min(9_000, sizeBytes))}\r\n\r\nx`,
  ),
  'types of parts with open comments': parts(
    (sizeBytes) => `Content-Type: text/x ${filled('(', Math.min(9_000, sizeBytes))}\r\n\r\nx`,
  ),
  'blanks in encodings of parts': parts(
    (sizeBytes) => `Content-Transfer-Encoding: 7bit${filled(' ', sizeBytes)}x\r\n\r\nx`,
  ),
  'messages in messages': (sizeBytes) =>
    filled('Content-Type: message/rfc822\r\n\r\n', 60 * 32) +
    `Content-Type: text/plain\r\n\r\n${filled('x\r\n--', sizeBytes)}`,
  'lines like boundaries': (sizeBytes) =>
    `Content-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\n${HTML}${filled('--x\r\n', sizeBytes)}--xy--`,
  'boundaries with blanks': (sizeBytes) =>
    `Content-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\n${HTML}${filled(`--x${' '.repeat(280)}\r\n`, sizeBytes)}--xy--`,
  'words like PGP': (sizeBytes) => TEXT + filled('BEGIN PGP ', sizeBytes),
  'addresses of ours in the text beside': alternative(
    (sizeBytes) => `Content-Type: text/plain\r\n\r\n${filled('http://a/l/x ', Math.min(sizeBytes, 990_000))}`,
  ),
};

/** In mail without HTML, for those who want its addresses tracked. */
const TEXTS: Record<string, HostileMail> = {
  'addresses in plain text': (sizeBytes) => TEXT + numbered((index) => `http://a/${index} `, sizeBytes),
  'addresses in a line each': (sizeBytes) => TEXT + numbered((index) => `http://a/${index}\r\n`, sizeBytes),
  'brackets behind an address': (sizeBytes) =>
    `${TEXT}http://a/${filled('(', sizeBytes / 2)}${filled(')', sizeBytes / 2)}`,
  'beginnings of addresses': (sizeBytes) => TEXT + filled('http://', sizeBytes),
};

/** Kept below what is too long for HTML beside it. */
const LONG_TEXT = 199_000;
const text =
  (unit: string | ((index: number) => string), fields = ''): HostileMail =>
  (sizeBytes) => {
    const length = Math.min(sizeBytes, LONG_TEXT);
    const body = typeof unit === 'string' ? filled(unit, length) : numbered(unit, length);
    return `Content-Type: text/plain; charset=utf-8${fields}\r\n\r\n${body}`;
  };

/** In mail without HTML, for those who want HTML beside it. */
const TEXTS_TO_HTML: Record<string, HostileMail> = {
  'lines that become HTML': text('\r\n'),
  'blanks that become HTML': text('  x\r\n'),
  'quotes that become HTML': text('>>>>>>> x \r\n> x\r\n', '; format=flowed'),
  'brackets that become HTML': text('<>&"'),
  'a line of tabs that becomes HTML': text('\tx'),
  'letters that become HTML': text('\u00e9 '),
  'addresses that become HTML': text((index) => `http://a/${index} `),
};

/** Full of what an earlier pass put in, genuine and forged. */
function own({ pixelUrl, linkUrl }: OwnAddresses): Record<string, HostileMail> {
  const escaped = (address: string): string => address.replaceAll('&', '&amp;');
  return {
    'quoted pixels of ours': html(`<img src="${pixelUrl}" alt="">`),
    'quoted backgrounds of ours': html(`<span style="position:absolute;background:url(${pixelUrl})"></span>`),
    'quoted links of ours': htmlNumbered(
      (index) => `<a href="${escaped(linkUrl(`http://a/${index}`, (index % 60_000) + 1))}">x</a>`,
    ),
    'forged links of ours': htmlNumbered(
      (index) => `<a href="${escaped(linkUrl(`http://a/${index}`, (index % 60_000) + 1))}0">x</a>`,
    ),
    'links of ours in the text beside': alternative(
      (sizeBytes) =>
        `Content-Type: text/plain\r\n\r\n${numbered((index) => `${linkUrl(`http://a/${index}`, (index % 60_000) + 1)}\r\n`, Math.min(sizeBytes, 990_000))}`,
    ),
  };
}

export interface HostileGroup {
  mails: Record<string, HostileMail>;
  plainText: 'keep' | 'links' | 'alternative';
}

/** All of them, with what is to be done with mail that has no HTML. */
export function hostileGroups(addresses: OwnAddresses): HostileGroup[] {
  return [
    {
      mails: { ...MARKUP, ...LINKS, ...ENCODINGS, ...HEADERS, ...STRUCTURE, ...own(addresses) },
      plainText: 'keep',
    },
    { mails: TEXTS, plainText: 'links' },
    { mails: TEXTS_TO_HTML, plainText: 'alternative' },
  ];
}
