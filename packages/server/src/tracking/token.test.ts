import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WorkspaceId } from '../kernel/ids.ts';
import { isTrackableDestination, locationOf, readDestination } from './destination.ts';
import { Keyring } from './keyring.ts';
import { decodeToken, encodeToken, LAST_LINK, type TokenClaims } from './token.ts';
import {
  isTrap,
  linkUrl,
  pageUrl,
  pixelUrl,
  readTrackedUrl,
  trapUrl,
  verifyLinkToken,
  verifyPageToken,
  verifyPixelToken,
} from './urls.ts';

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const keyring = new Keyring(new Map([[1, key(1)]]));

const claims: fc.Arbitrary<TokenClaims> = fc.record(
  {
    workspaceId: fc.integer({ min: 1, max: 0xffffffff }).map((id) => id as WorkspaceId),
    subject: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Buffer.from(bytes).toString('hex')),
    linkIndex: fc.integer({ min: 1, max: LAST_LINK }),
    mode: fc.constantFrom<TokenClaims['mode']>('full', 'day', 'aggregate'),
  },
  { noNullPrototype: true },
);
/** Odd ones too: spaces, quotes, percent signs, non-ASCII, plus signs, second question marks. */
const destination = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] }),
  fc.string({ unit: 'grapheme' }).map((rest) => `https://example.org/${rest.toWellFormed()}`),
);

const tokenOf = (url: string): string => new URL(url).pathname.split('/').pop() ?? '';

test('what was signed reads back exactly, for pixels, links and pages', () => {
  fc.assert(
    fc.property(claims, destination, (given, to) => {
      const pixel = tokenOf(pixelUrl(keyring, 'https://t.example', given)).replace('.gif', '');
      assert.deepEqual(verifyPixelToken(keyring, pixel), { ...given, linkIndex: 0 });
      const link = linkUrl(keyring, 'https://t.example', given, to);
      assert.equal(readDestination(new URL(link).search), to);
      assert.deepEqual(verifyLinkToken(keyring, tokenOf(link), to), given);
      const page = tokenOf(pageUrl(keyring, 'https://t.example', given));
      assert.deepEqual(verifyPageToken(keyring, page), {
        workspaceId: given.workspaceId,
        subject: given.subject,
      });
    }),
  );
});

test('changing any bit of a token is noticed', () => {
  fc.assert(
    fc.property(claims, destination, fc.nat(40 * 8 - 1), (given, to, bit) => {
      const bytes = Buffer.from(encodeToken(keyring, 'link', given, to), 'base64url');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(decodeToken(keyring, 'link', bytes.toString('base64url'), to), undefined);
    }),
    { numRuns: 1000 },
  );
});

test('every single bit of one token is covered', () => {
  const given: TokenClaims = {
    workspaceId: 9 as WorkspaceId,
    subject: 'ab'.repeat(16),
    linkIndex: 3,
    mode: 'day',
  };
  const bytes = Buffer.from(encodeToken(keyring, 'pixel', given), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(decodeToken(keyring, 'pixel', changed.toString('base64url')), undefined, `bit ${bit}`);
  }
});

test('changing the destination in any way is noticed', () => {
  fc.assert(
    fc.property(
      claims,
      destination,
      fc.nat(),
      fc.string({ minLength: 1, maxLength: 3 }),
      (given, to, at, noise) => {
        const token = tokenOf(linkUrl(keyring, 'https://t.example', given, to));
        const cut = at % (to.length + 1);
        const longer = to.slice(0, cut) + noise + to.slice(cut);
        assert.equal(verifyLinkToken(keyring, token, longer), undefined);
        assert.equal(verifyLinkToken(keyring, token, to.slice(0, -1)), undefined);
      },
    ),
  );
});

test('a token has one spelling', () => {
  fc.assert(
    fc.property(claims, (given) => {
      const token = encodeToken(keyring, 'pixel', given);
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      // 40 bytes leave two unused bits in the last character.
      const last = alphabet.indexOf(token.at(-1) ?? '');
      const spellings = [1, 2, 3].map(
        (bits) => token.slice(0, -1) + (alphabet[(last & ~3) | ((last + bits) & 3)] ?? ''),
      );
      spellings.push(
        `${token}=`,
        `${token}==`,
        ` ${token}`,
        `${token} `,
        `${token}A`,
        token.slice(0, -1),
        '',
      );
      if (/[-_]/.test(token)) spellings.push(token.replaceAll('-', '+').replaceAll('_', '/'));
      for (const spelling of spellings) {
        if (spelling === token) continue;
        assert.equal(decodeToken(keyring, 'pixel', spelling), undefined, JSON.stringify(spelling));
      }
    }),
  );
});

test('a token for one purpose is worth nothing for another', () => {
  fc.assert(
    fc.property(claims, (given) => {
      const pixel = encodeToken(keyring, 'pixel', { ...given, linkIndex: 0 });
      assert.equal(verifyPageToken(keyring, pixel), undefined);
      assert.equal(verifyLinkToken(keyring, pixel, 'https://example.org/'), undefined);
      const page = tokenOf(pageUrl(keyring, 'https://t.example', given));
      assert.equal(verifyPixelToken(keyring, page), undefined);
      assert.equal(
        verifyPixelToken(keyring, encodeToken(keyring, 'pixel', given)),
        undefined,
        'a pixel has no link index',
      );
    }),
  );
});

test('two deliveries never share a token, nor two workspaces a key', () => {
  fc.assert(
    fc.property(claims, claims, (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b));
      assert.notEqual(encodeToken(keyring, 'pixel', a), encodeToken(keyring, 'pixel', b));
    }),
  );
  const body = Buffer.alloc(24);
  const macs = [1, 2, 3].map((id) => {
    const mac = Buffer.alloc(16);
    keyring.sign({ workspaceId: id as WorkspaceId, domain: 'pixel', body, destination: '' }, mac);
    return mac.toString('hex');
  });
  assert.equal(new Set(macs).size, 3);
});

test('a subject that is none is refused, also after one that was', () => {
  const good: TokenClaims = {
    workspaceId: 5 as WorkspaceId,
    subject: 'ab'.repeat(16),
    linkIndex: 1,
    mode: 'full',
  };
  const token = encodeToken(keyring, 'link', good, 'https://a.example/');
  for (const subject of ['', 'AB'.repeat(16), 'ab'.repeat(15), `${'ab'.repeat(16)}0`, 'zz'.repeat(16)]) {
    assert.throws(() => encodeToken(keyring, 'link', { ...good, subject }), /subject/);
  }
  assert.equal(encodeToken(keyring, 'link', good, 'https://a.example/'), token);
});

test('after rotation the newest key signs and the old one still verifies', () => {
  const given: TokenClaims = {
    workspaceId: 5 as WorkspaceId,
    subject: '0f'.repeat(16),
    linkIndex: 0,
    mode: 'full',
  };
  const old = encodeToken(keyring, 'pixel', given);
  const rotated = new Keyring(
    new Map([
      [1, key(1)],
      [2, key(2)],
    ]),
  );
  assert.deepEqual(decodeToken(rotated, 'pixel', old), given);
  const fresh = encodeToken(rotated, 'pixel', given);
  assert.notEqual(fresh, old);
  assert.equal(decodeToken(keyring, 'pixel', fresh), undefined, 'a key that is gone verifies nothing');
  assert.deepEqual(decodeToken(new Keyring(new Map([[2, key(2)]])), 'pixel', fresh), given);
});

test('forged workspaces neither fill the memory nor displace the key of a real one', () => {
  const ring = new Keyring(new Map([[1, key(1)]]));
  const given: TokenClaims = {
    workspaceId: 5 as WorkspaceId,
    subject: '0f'.repeat(16),
    linkIndex: 0,
    mode: 'full',
  };
  const token = encodeToken(ring, 'pixel', given);
  const bytes = Buffer.from(token, 'base64url');
  for (let id = 6; id <= 3000; id++) {
    bytes.writeUInt32BE(id, 2);
    assert.equal(decodeToken(ring, 'pixel', bytes.toString('base64url')), undefined);
  }
  assert.equal(ring.heldKeys, 1);
  assert.deepEqual(decodeToken(ring, 'pixel', token), given);
  for (let id = 6; id <= 3000; id++) encodeToken(ring, 'pixel', { ...given, workspaceId: id as WorkspaceId });
  assert.equal(ring.heldKeys, 1000);
  assert.deepEqual(decodeToken(ring, 'pixel', token), given, 'a key that is no longer held is derived again');
});

test('only http and https destinations are signed or followed', () => {
  const given: TokenClaims = {
    workspaceId: 5 as WorkspaceId,
    subject: '0f'.repeat(16),
    linkIndex: 1,
    mode: 'full',
  };
  for (const to of [
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://example.org/',
    '//example.org',
    'mailto:a@b.c',
    'https://',
    'https:example.org',
    ' https://example.org/',
    `https://example.org/${'a'.repeat(16_000)}`,
  ]) {
    assert.throws(() => linkUrl(keyring, 'https://t.example', given, to), { code: 'invalid-input' }, to);
    assert.equal(isTrackableDestination(to), false, to);
    if (to.length > 100) continue;
    assert.equal(verifyLinkToken(keyring, encodeToken(keyring, 'link', given, to), to), undefined, to);
  }
});

test('our own addresses are recognised on any host, with what gateways add, and others are not', () => {
  const given: TokenClaims = {
    workspaceId: 5 as WorkspaceId,
    subject: '0f'.repeat(16),
    linkIndex: 2,
    mode: 'full',
  };
  const link = linkUrl(keyring, 'https://t.example/path', given, 'https://example.org/?q=a+b%20c#x');
  assert.deepEqual(readTrackedUrl(keyring, `${link}&utm_source=gateway`), {
    kind: 'link',
    claims: given,
    destination: 'https://example.org/?q=a+b%20c#x',
  });
  const pixel = pixelUrl(keyring, 'http://other.example', given);
  assert.equal(readTrackedUrl(keyring, pixel)?.kind, 'pixel');
  assert.equal(
    readTrackedUrl(keyring, `https://ci3.googleusercontent.com/meips/AD=s0-d-e1-ft#${pixel}`)?.kind,
    'pixel',
  );
  for (const url of [
    'https://example.org/',
    'https://t.example/o/xyz.gif',
    link.replace('/l/', '/o/'),
    link.slice(0, -1),
  ]) {
    assert.equal(readTrackedUrl(keyring, url), undefined, url);
  }
});

test('a trap is told from its address and from its claims, and no link can be mistaken for one', () => {
  fc.assert(
    fc.property(claims, destination, (given, to) => {
      const url = trapUrl(keyring, 'https://t.example', given);
      const read = readTrackedUrl(keyring, `${url}&utm_source=gateway`);
      assert.equal(read?.kind, 'trap');
      assert.equal(read.destination, 'https://t.example/l/nowhere');
      assert.ok(isTrap(read.claims));
      assert.deepEqual(
        [read.claims.workspaceId, read.claims.subject, read.claims.mode],
        [given.workspaceId, given.subject, 'full'],
      );
      const link = readTrackedUrl(keyring, linkUrl(keyring, 'https://t.example', given, to));
      assert.ok(link === undefined || link.kind === 'link');
    }),
  );
  const last = {
    workspaceId: 5 as WorkspaceId,
    subject: '0f'.repeat(16),
    linkIndex: 0xffff,
    mode: 'full',
  } as const;
  assert.throws(() => linkUrl(keyring, 'https://t.example', last, 'https://example.org/'), RangeError);
});

test('of the query the first `to` counts, percent-decoded only, and nothing else', () => {
  assert.equal(
    readDestination('?utm=1&to=https%3A%2F%2Fa.example%2F%3Fb%3D1%2B1+2&to=https%3A%2F%2Fevil.example'),
    'https://a.example/?b=1+1+2',
  );
  assert.equal(readDestination('xto=1&TO=2&to'), undefined);
  assert.equal(readDestination('to=%E0%A4%A'), undefined, 'broken encoding');
  assert.equal(readDestination(''), undefined);
});

test('a destination goes into the Location header as signed when it can, and otherwise as a browser reads it', () => {
  fc.assert(
    fc.property(destination, (to) => {
      const location = locationOf(to);
      assert.match(location, /^[\x21-\x7e]+$/);
      assert.equal(new URL(location).href, new URL(to).href);
      if (/^[\x21-\x7e]+$/.test(to)) assert.equal(location, to);
    }),
  );
  assert.equal(locationOf('https://a.example/x\r\nSet-Cookie: a=b'), 'https://a.example/xSet-Cookie:%20a=b');
  assert.equal(
    locationOf('https://bücher.example/ä?ö#ü'),
    'https://xn--bcher-kva.example/%C3%A4?%C3%B6#%C3%BC',
  );
  assert.equal(locationOf('https://a.example/?q=a+b%20%zz"<>'), 'https://a.example/?q=a+b%20%zz"<>');
});
