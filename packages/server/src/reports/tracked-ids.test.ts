import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../kernel/ids.ts';
import { Keyring, linkUrl, pageUrl, pixelUrl } from '../tracking/tracking.ts';
import { trackedIds } from './tracked-ids.ts';
import { cpuMs } from '../../test/support/cpu-time.ts';

const keyring = new Keyring(new Map([[1, Buffer.alloc(32, 1)]]));
const workspaceId = 5 as WorkspaceId;
const subject = '0123456789abcdef0123456789abcdef';
const claims = { workspaceId, subject, linkIndex: 1, mode: 'full' as const };
const PUBLIC = 'https://track.example.org';

test('our addresses are found in headers, quoted-printable, base64 and behind entities, forged ones are not', () => {
  const pixel = pixelUrl(keyring, PUBLIC, claims);
  const link = linkUrl(keyring, PUBLIC, claims, 'https://example.org/?a=1&b=2');
  const html = `<p>Hello</p><a href="${link}">offer</a>${'x'.repeat(200)}<img src="${pixel}">`;
  const base64 = Buffer.from(html).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  for (const message of [
    `X-Waybill-Disclosure: ${pageUrl(keyring, PUBLIC, claims)}\r\n\r\n`,
    `X-Waybill-Disclosure:\r\n ${pageUrl(keyring, PUBLIC, claims)}\r\n\r\n`,
    html,
    html.replaceAll('=', '=3D').replaceAll(/.{70}/g, '$&=\r\n'),
    `Content-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`,
    `<img src="https://ci3.googleusercontent.com/meips/abc#${pixel}">`,
  ]) {
    assert.deepEqual(
      trackedIds(keyring, Buffer.from(message)),
      [{ workspaceId, subject }],
      message.slice(0, 60),
    );
  }
  const stranger = new Keyring(new Map([[1, Buffer.alloc(32, 2)]]));
  assert.deepEqual(trackedIds(stranger, Buffer.from(html)), []);
});

test('hostile messages cost no more than their size', () => {
  const token = 'A'.repeat(54);
  for (const piece of [
    'https://',
    'https://x/',
    `https://x/o/${token}.gif `,
    `https://x/l/${token}?`,
    'A'.repeat(76) + '\r\n',
    '=\r\n',
  ]) {
    const message = Buffer.from(piece.repeat(Math.ceil(2_000_000 / piece.length)));
    const ms = cpuMs(() => trackedIds(keyring, message));
    assert.ok(ms < 2_000, `${piece.slice(0, 20)}: ${ms} ms`);
  }
});
