import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { html as names, parse, type DefaultTreeAdapterTypes } from 'parse5';
import { surveyHtml } from './html-survey.ts';
import { cpuMs } from '../../../test/support/cpu-time.ts';

type TreeNode = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.ParentNode;

/** The web links of a document as a complete parser finds them: offset of the attribute → address. */
function linksOfTree(document: string): Map<number, string> {
  const links = new Map<number, string>();
  const waiting: TreeNode[] = [parse(document, { sourceCodeLocationInfo: true })];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if ('childNodes' in node) waiting.push(...node.childNodes);
    if ('content' in node) waiting.push(node.content);
    if (!('tagName' in node) || node.tagName !== 'a' || node.namespaceURI !== names.NS.HTML) continue;
    const href = node.attrs.find(({ name }) => name === 'href')?.value;
    const place = node.sourceCodeLocation?.attrs?.['href'];
    if (href === undefined || place === undefined) continue;
    const address = href.replaceAll(/^[\0- ]+|[\0- ]+$|[\t\n\r]/g, '').replaceAll(/^[\0- ]+|[\0- ]+$/g, '');
    if (/^https?:\/\//i.test(address)) links.set(place.startOffset, address);
  }
  return links;
}

function linksOfScan(html: string): Map<number, string> {
  return new Map(surveyHtml(html).links.map(({ place, href }) => [place.start, href]));
}

function assertSameLinks(html: string): void {
  const sorted = (links: Map<number, string>): [number, string][] => [...links].sort(([a], [b]) => a - b);
  assert.deepEqual(sorted(linksOfScan(html)), sorted(linksOfTree(html)), html);
}

const CASES: Record<string, string> = {
  'quotes of both kinds, none, and blanks around the equals sign':
    '<a href="http://a/1">x</a><a href=\'http://a/2\'>x</a><a href=http://a/3>x</a><a href = "http://a/4" >x</a>',
  'upper case names': '<A HREF="HTTP://A/">x</A>',
  'the first of two attributes counts': '<a href="http://a/1" href="http://a/2">x</a>',
  'character references': '<a href="http://a/?a=1&amp;b=2&copy=3&copy;&#x41;&#150;">x</a>',
  'line breaks and blanks in an address': '<a href=" http://a/\n b\t ">x</a>',
  'slashes between attributes': '<a/href="http://a/"/x>x</a><a title=/ href=http://a/>x</a>',
  'an unquoted address that ends with a slash': '<a href=http://a/>x</a>',
  'attributes without blank between': '<a title="x"href="http://a/">x</a>',
  'odd attribute names': '<a =href="http://no/" "x href="http://a/">x</a>',
  'comments, also odd ones':
    '<!-- <a href="http://no/"> --><!--> <a href="http://a/1"> <!---> <a href="http://a/2"> <!-- --!> <a href="http://a/3">',
  'a comment that never ends':
    '<a href="http://a/"> <!-- <a href="http://no/"> -- > -->x--!><!--<a href="http://no/">',
  'conditional comments':
    '<!--[if mso]><a href="http://no/"><![endif]--><![if !mso]><a href="http://a/1"><![endif]><!--[if !mso]><!--><a href="http://a/2"><!--<![endif]-->',
  'processing instructions and odd end tags':
    '<?xml <a href="x"?><a href="http://a/1"></ a><a href="http://a/2"></></%><a href="http://a/3">',
  'a doctype ends at the first bracket': '<!DOCTYPE html PUBLIC "a>b"><a href="http://a/">',
  'style, title and textarea hold text':
    '<style><a href="http://no/"></style><title><a href="http://no/"></title></textarea><textarea><a href="http://no/"></textarea ><a href="http://a/">',
  'an end tag that only begins alike': '<title></titles><a href="http://no/"></title><a href="http://a/">',
  'scripts with escapes':
    '<script><!-- <script> </script> <a href="http://no/"> --></script><a href="http://a/"><script><!--></script><a href="http://a/2">',
  'a script that is not closed': '<script><!-- <script> </script> <a href="http://no/">',
  'plaintext has no end': '<plaintext></plaintext><a href="http://no/">',
  'links in SVG and MathML are others':
    '<svg><a href="http://no/">x</a><title><a href="http://a/1"></title><style><a href="http://no/2"></style></svg><a href="http://a/3"><math><mi><a href="http://a/4"></mi></math>',
  'CDATA is text in SVG and a comment in HTML':
    '<svg><![CDATA[ <p> ]]></svg><a href="http://a/1"><![CDATA[ <a href="http://a/2"> ]]>',
  'SVG ends at an HTML element': '<svg><g><p><style><a href="http://no/"></style><a href="http://a/">',
  'self-closing SVG': '<svg/><style><a href="http://no/"></style><a href="http://a/">',
  'anchors in anchors': '<a href="http://a/1"><a href="http://a/2">x</a></a>',
  'templates and tables':
    '<template><a href="http://a/1"></template><table><a href="http://a/2"><tr><td><a href="http://a/3">',
  'a tag the input ends in': '<a href="http://a/1">x<a href="http://no/',
  'a less-than sign is text': 'a < b <3 <a href="http://a/">',
};

for (const [what, html] of Object.entries(CASES)) {
  test(`the scanner finds the links a complete parser finds: ${what}`, () => {
    assertSameLinks(html);
  });
}

/** Pieces that make markup go wrong when they meet. */
const PIECES = [
  ...[
    '<a href="http://a/b">',
    "<a href='http://a/?x=1&amp;y'>",
    '<a href=http://c/d>',
    '</a>',
    '<A HREF = "https://e/" x>',
  ],
  ...[
    '<p>',
    '</p>',
    '<div class=x>',
    '</div>',
    '<br/>',
    '<table>',
    '<tr>',
    '<td>',
    '</td>',
    '</table>',
    '<b>',
    '</b>',
  ],
  ...[
    '<!--',
    '-->',
    '--!>',
    '<!-->',
    '<![endif]-->',
    '<!--[if mso]>',
    '<!',
    '<?',
    '</',
    '<',
    '>',
    '/',
    '=',
    '"',
    "'",
    '-',
    '&',
    '&amp;',
    '&lt',
  ],
  ...[
    '<style>',
    '</style>',
    '<title>',
    '</title>',
    '<script>',
    '</script>',
    '<textarea>',
    '</textarea>',
    '<xmp>',
    '</xmp>',
  ],
  ...['text', ' ', '\n', 'é', 'http://a/', 'href=', '</body>', '</html>', '<body>'],
];

test('the scanner finds the links a complete parser finds in any soup of tags', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }), (pieces) => {
      assertSameLinks(pieces.join(''));
    }),
    { numRuns: 3_000 },
  );
});

test('the scanner needs time in proportion to the input, whatever that is', () => {
  const many = 250_000;
  const hostile: Record<string, string> = {
    'nested tags': '<div>'.repeat(many),
    'nested tables': '<table>'.repeat(many),
    'nested svg': '<svg>'.repeat(many),
    'open anchors': '<a href="http://a/">'.repeat(many / 10),
    'attributes of one tag': `<a ${'x=y '.repeat(many)}>`,
    'an attribute given again and again': `<a ${'href=http://a/ '.repeat(many / 4)}>`,
    'less-than signs': '<'.repeat(10 * many),
    'comments without end': '<!-- -'.repeat(many),
    'short comments': '<!---->'.repeat(many),
    'end tags in raw text': `<title>${'</'.repeat(many)}`,
    'scripts in scripts': `<script>${'<!--<script'.repeat(many / 4)}`,
    'one long line': 'x'.repeat(10 * many),
    'one long address': `<a href="http://a/${'&amp; '.repeat(many)}">x</a>`,
    'unterminated quotes': '<a href="'.repeat(many),
    quotes: `<a href=${'"'.repeat(many)}>`,
  };
  for (const [what, html] of Object.entries(hostile)) {
    const ms = cpuMs(() => surveyHtml(html));
    // Far above what it takes, far below what anything quadratic would.
    assert.ok(ms < 4_000, `${what}: ${Math.round(ms)} ms for ${html.length} characters`);
  }
});
