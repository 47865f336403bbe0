import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY_MS } from '../kernel/clock.ts';
import { temporaryDirectory } from '../../test/support/temp-dir.ts';
import { AppError } from '../kernel/errors.ts';
import { systemRandom } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { certificateFromFiles, ownCertificate } from './certificate.ts';
import { selfSigned } from './self-signed.ts';

const NOW = Date.UTC(2026, 10, 23);

test('an own certificate is made once, kept private, and made anew before it expires', async () => {
  await using directory = await temporaryDirectory();
  let now = NOW;
  const options = {
    directory: join(directory.path, 'tls'),
    clock: () => now,
    random: systemRandom,
    logger: silentLogger,
  };
  const first = await ownCertificate(options);
  assert.equal((await stat(join(options.directory, 'smtp.pem'))).mode & 0o777, 0o600);
  assert.equal((await ownCertificate(options)).current.cert, first.current.cert);
  assert.equal(new X509Certificate(first.current.cert).checkHost('localhost'), 'localhost');

  now = NOW + 360 * DAY_MS;
  assert.equal(await first.changed(), undefined);
  now = NOW + 370 * DAY_MS;
  const renewed = await first.changed();
  assert.ok(renewed);
  assert.notEqual(renewed.cert, first.current.cert);
  assert.equal(await first.changed(), undefined);
  assert.equal((await ownCertificate(options)).current.cert, renewed.cert);
});

test('a damaged file of ours is replaced', async () => {
  await using directory = await temporaryDirectory();
  const options = { directory: directory.path, clock: () => NOW, random: systemRandom, logger: silentLogger };
  await writeFile(join(directory.path, 'smtp.pem'), 'not a certificate');
  const { current } = await ownCertificate(options);
  assert.match(
    await readFile(join(directory.path, 'smtp.pem'), 'utf8'),
    /BEGIN PRIVATE KEY[^]*BEGIN CERTIFICATE/,
  );
  assert.match(current.cert, /BEGIN CERTIFICATE/);
});

test('changed files are taken when they work, and the old ones stay while they do not', async () => {
  await using directory = await temporaryDirectory();
  const certFile = join(directory.path, 'cert.pem');
  const keyFile = join(directory.path, 'key.pem');
  const write = async (cert: string, key: string, at: number) => {
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    await utimes(certFile, at / 1000, at / 1000);
  };
  const make = () =>
    selfSigned({ names: ['a.test'], validFrom: NOW, validTo: NOW + DAY_MS, random: systemRandom });
  const [one, two] = [make(), make()];
  await write(one.cert, one.key, NOW);
  const source = certificateFromFiles({ certFile, keyFile, logger: silentLogger });
  assert.equal(source.current.cert, one.cert);
  assert.equal(await source.changed(), undefined);

  await write(two.cert, one.key, NOW + 1000);
  assert.equal(await source.changed(), undefined, 'a key of another certificate');
  await write(two.cert, two.key, NOW + 2000);
  assert.deepEqual(await source.changed(), two);
  assert.equal(await source.changed(), undefined);
});

test('files that cannot be used at the start stop it, and the error names the settings', () => {
  assert.throws(
    () =>
      certificateFromFiles({
        certFile: '/nowhere/cert.pem',
        keyFile: '/nowhere/key.pem',
        logger: silentLogger,
      }),
    (error) =>
      error instanceof AppError && error.code === 'misconfigured' && /WAYBILL_TLS_CERT/.test(error.message),
  );
});
