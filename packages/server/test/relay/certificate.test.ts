import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { systemRandom } from '../../src/kernel/ids.ts';
import { selfSigned } from '../../src/relay/self-signed.ts';
import { startTestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

async function presented(address: { host: string; port: number }): Promise<PeerCertificate> {
  const socket = connect({ ...address, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

test('a changed certificate is presented without a restart', async () => {
  await using directory = await temporaryDirectory();
  const [certFile, keyFile] = [join(directory.path, 'c.pem'), join(directory.path, 'k.pem')];
  const write = async (name: string) => {
    const now = Date.now();
    const made = selfSigned({
      names: [name],
      validFrom: now - 1000,
      validTo: now + 86_400_000,
      random: systemRandom,
    });
    await writeFile(certFile, made.cert);
    await writeFile(keyFile, made.key);
  };
  await write('one.example.org');
  const relay = await startTestRelay(directory.path, {
    settings: { tls: { certFile, keyFile }, submissions: { host: '127.0.0.1', port: 0 } },
    tuning: { certificateCheckMs: 30 },
  });
  try {
    const address = relay.relay.submissions;
    assert.ok(address);
    assert.equal((await presented(address)).subject.CN, 'one.example.org');
    await write('two.example.org');
    await eventually(
      'the new one is presented',
      async () => (await presented(address)).subject.CN === 'two.example.org',
    );
  } finally {
    await relay.close();
  }
});

test('the certificate of our own is none that is known to everybody', async () => {
  await using directory = await temporaryDirectory();
  await using other = await temporaryDirectory();
  const fingerprints: string[] = [];
  for (const { path } of [directory, other]) {
    const relay = await startTestRelay(path, { settings: { submissions: { host: '127.0.0.1', port: 0 } } });
    fingerprints.push((await presented(relay.relay.submissions ?? { host: '', port: 0 })).fingerprint256);
    await relay.close();
  }
  assert.notEqual(fingerprints[0], fingerprints[1]);
});
