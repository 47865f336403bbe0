import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAddress } from './address-signs.ts';
import { readThroughGateways } from './gateway-address.ts';
import { instrumentHtml } from './instrument.ts';

const OWN = 'https://track.example.org/l/token?to=https%3A%2F%2Fexample.com%2F%3Fa%3D1%26b%3D2';
const PIXEL = 'https://track.example.org/o/token.gif';
const DESTINATION = 'https://example.com/?a=1&b=2';

const isTracked = (url: string): { kind: 'pixel' | 'link'; destination?: string } | undefined =>
  url === OWN ? { kind: 'link', destination: DESTINATION } : url === PIXEL ? { kind: 'pixel' } : undefined;

const coded = encodeURIComponent(OWN);
const safeLink = (url: string): string =>
  `https://eur02.safelinks.protection.outlook.com/?url=${encodeURIComponent(url)}&data=05%7C02%7C&sdata=x%3D&reserved=0`;
/** Version 2 writes `_` for `/` and `-` for the percent sign of what it encodes. */
const version2 = `https://urldefense.proofpoint.com/v2/url?u=${coded.replaceAll('%2F', '_').replaceAll('%', '-')}&d=DwMFaQ&c=x&e=`;

for (const [gateway, address] of [
  ['nobody', OWN],
  ['Safe Links', safeLink(OWN)],
  ['Safe Links twice', safeLink(safeLink(OWN))],
  ['URL Defense, version 1', `https://urldefense.proofpoint.com/v1/url?u=${coded}&k=x%3D%3D%0A&s=y`],
  ['URL Defense, version 2', version2],
  ['URL Defense in Safe Links', safeLink(version2)],
  [
    'URL Defense, version 3',
    // Percent signs are kept apart, a run of one each.
    `https://urldefense.com/v3/__${OWN.replaceAll('%', '*')}__;${Buffer.from('%%%%%%%%').toString('base64url')}!!AbC!xyz$`,
  ],
  ['Barracuda', `https://linkprotect.cudasvc.com/url?a=${coded}&c=E,1,x&typo=1`],
  ['Google', `https://www.google.com/url?q=${coded}&source=gmail&ust=1&usg=x`],
  ['Cisco', `https://secure-web.cisco.com/1AbC-dEf/${coded}`],
  ['Trellix', `https://protect2.fireeye.com/v1/url?k=1&q=1&e=x&u=${coded}`],
  ['Trend Micro', `https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=${coded}&umid=1&auth=x`],
  [
    'Sophos',
    `https://eu-west-1.protection.sophos.com/?d=example.org&u=${Buffer.from(OWN).toString('base64')}&p=m`,
  ],
] as const) {
  test(`our link is found behind ${gateway}`, () => {
    assert.deepEqual(readThroughGateways(judgeAddress(address), isTracked), {
      kind: 'link',
      destination: DESTINATION,
    });
  });
}

for (const [proxy, address] of [
  ['Gmail', `https://ci3.googleusercontent.com/meips/AbC=s0-d-e1-ft#${PIXEL}`],
  ['Yahoo', `https://ecp.yusercontent.com/mail?url=${encodeURIComponent(PIXEL)}&t=1&ymreqid=x&sig=y`],
  ['a link gateway', safeLink(PIXEL)],
] as const) {
  test(`our pixel is found behind ${proxy}`, () => {
    assert.equal(readThroughGateways(judgeAddress(address), isTracked)?.kind, 'pixel');
  });
}

for (const [what, address] of [
  ['another address in a gateway', safeLink('https://example.com/')],
  ['a page that is given our link', `https://share.example/?url=${coded}`],
  ['a gateway that says nothing', 'https://eur02.safelinks.protection.outlook.com/?data=http'],
  ['codes that are broken', 'https://secure-web.cisco.com/1/https%3A%2F%2F%zz'],
  ['no address', 'https://['],
  ['endless layers', Array.from({ length: 8 }).reduce<string>((inner) => safeLink(inner), OWN)],
] as const) {
  test(`${what} is not ours`, () => {
    assert.equal(readThroughGateways(judgeAddress(address), isTracked), undefined);
  });
}

test('a run of characters kept apart is put back', () => {
  const seen: string[] = [];
  const address = `https://urldefense.com/v3/__https:/a.example/**Bx*__;${Buffer.from('%%%\u00fc').toString('base64url')}!!A!b$`;
  readThroughGateways(judgeAddress(address), (url) => {
    seen.push(url);
    return undefined;
  });
  assert.equal(seen.at(-1), 'https://a.example/%%%x\u00fc');
});

test('what Safe Links made of a quoted mail leads where it led before, with nothing of ours left', () => {
  const html = `<p><a href="${safeLink(OWN).replaceAll('&', '&amp;')}" originalsrc="${OWN}" shash="x">Read</a><img src="${PIXEL}"></p>`;
  const result = instrumentHtml(html, { pixelUrl: null, linkUrl: null, isTracked });
  const to = DESTINATION.replace('&', '&amp;');
  assert.equal(result.html, `<p><a href="${to}" originalsrc="${to}" shash="x">Read</a></p>`);
});
