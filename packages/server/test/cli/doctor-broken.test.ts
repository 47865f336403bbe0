import assert from 'node:assert/strict';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCertificate } from '../../src/cli/doctor/certificate.ts';
import { checkClock } from '../../src/cli/doctor/clock.ts';
import { checkDataDirectory } from '../../src/cli/doctor/data-directory.ts';
import { checkDisk } from '../../src/cli/doctor/disk.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { runCommand } from '../support/run-command.ts';
import { startServer } from '../support/server.ts';
import { mountSmallDisk, noSmallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const OFF = {
  WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
  WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
  WAYBILL_SMTP_LISTEN: 'off',
};

async function doctor(settings: Record<string, string>): Promise<{ ok: boolean; findings: Finding[] }> {
  const { stdout } = await runCommand(['doctor', '--json'], settings);
  return JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
}

function lines(findings: readonly Finding[], topic: string): string[] {
  return findings.filter((each) => each.topic === topic).map(({ level, text }) => `${level}: ${text}`);
}

test('beside a server, its own settings are looked at; what is set otherwise here is named, and no value of it', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path, {
    WAYBILL_FILTER_LISTEN: '127.0.0.1:0',
    WAYBILL_FILTER_DOMAINS: 'example.org',
    WAYBILL_SMARTHOST_URL: 'smtp://ann:of-the-server@127.0.0.1:1',
  });
  try {
    const edge = new URL(server.edgeUrl).host;
    const bare = await doctor({ WAYBILL_DATA_DIR: directory.path });
    assert.deepEqual(lines(bare.findings, 'settings'), [
      'ok: all are valid, as the server that runs was started with them',
    ]);
    const ports = lines(bare.findings, 'ports');
    assert.equal(ports.length, 4, 'edge, HTTP, submission and filter');
    for (const line of ports) assert.match(line, /^ok: 127\.0\.0\.1:[1-9]\d* is this Waybill’s, which runs/);
    assert.ok(
      ports.some((line) => line.includes(`${edge} `)),
      ports.join('\n'),
    );
    assert.match(lines(bare.findings, 'smarthost')[0] ?? '', /^problem: 127\.0\.0\.1:1:/);

    const other = await doctor({
      WAYBILL_DATA_DIR: directory.path,
      WAYBILL_EDGE_LISTEN: '127.0.0.1:8425',
      WAYBILL_SMARTHOST_URL: 'smtp://ann:of-this-shell@127.0.0.1:1',
    });
    const [warning] = lines(other.findings, 'settings');
    assert.match(
      warning ?? '',
      /^warning: .*other values of WAYBILL_EDGE_LISTEN, WAYBILL_SMARTHOST_URL than/,
    );
    assert.doesNotMatch(JSON.stringify(other), /of-the-server|of-this-shell/);
    assert.deepEqual(lines(other.findings, 'ports'), ports);
  } finally {
    await server.stop();
  }
});

test('a data directory that nothing can be written to is a problem, and so is one that cannot be made', async (t) => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'file');
  await writeFile(file, '');
  const within = await checkDataDirectory(join(file, 'data'), process.getuid?.());
  assert.match(
    lines(within, 'data directory')[0] ?? '',
    /^problem: .*cannot be made in .*file: it is no dir/,
  );
  assert.match(lines(await checkDisk(join(file, 'data')), 'disk').at(-1) ?? '', /^unknown: /);
  if (noSmallDisk !== undefined) return t.diagnostic(noSmallDisk);
  const mounted = join(directory.path, 'disk');
  await mkdir(mounted);
  await using disk = await mountSmallDisk(mounted, 8);
  await mkdir(join(disk.path, 'data'), { mode: 0o700 });
  await disk.protect();
  const protectedOne = await checkDataDirectory(join(disk.path, 'data'), process.getuid?.());
  const problem = protectedOne.find(({ level }) => level === 'problem');
  assert.match(problem?.text ?? '', /nothing can be written to .*data: .*mounted read-only/);
  assert.match(problem?.advice ?? '', /WAYBILL_DATA_DIR/);
  const unmade = await checkDataDirectory(join(disk.path, 'new'), process.getuid?.());
  assert.match(lines(unmade, 'data directory')[0] ?? '', /^problem: .*cannot be made in .*read-only/);
  assert.match(lines(await checkDisk(join(disk.path, 'data')), 'disk').at(-1) ?? '', /^unknown: /);
});

test('certificate files that are not there or hold nothing of the kind are named with their setting', async () => {
  await using directory = await temporaryDirectory();
  const [certFile, keyFile] = ['c.pem', 'k.pem'].map((name) => join(directory.path, name));
  assert.ok(certFile !== undefined && keyFile !== undefined);
  await writeFile(keyFile, 'no key');
  const found = await checkCertificate({ files: { certFile, keyFile }, isPublic: true, now: Date.now() });
  assert.deepEqual(
    found.map(({ level }) => level),
    ['problem', 'problem'],
  );
  assert.match(found[0]?.text ?? '', /c\.pem \(WAYBILL_TLS_CERT\) is not there/);
  assert.match(found[1]?.text ?? '', /k\.pem \(WAYBILL_TLS_KEY\) holds nothing of the kind/);
  assert.ok(found.every(({ advice }) => advice?.includes('PEM file') === true));
});

test('a clock that is long ago, that jumps, or is behind what was written already is found', async () => {
  await using directory = await temporaryDirectory();
  const clock = async (wall: () => number): Promise<string[]> =>
    lines(await checkClock(wall, directory.path), 'clock');
  assert.match((await clock(() => Date.now()))[0] ?? '', /^ok: .*goes evenly/);
  assert.match((await clock(() => Date.UTC(2001, 0, 1)))[0] ?? '', /^problem: .*long ago/);
  let asked = 0;
  assert.match(
    (await clock(() => Date.now() + (asked++ === 0 ? 0 : 3_600_000)))[0] ?? '',
    /^warning: .*moved by/,
  );
  const hits = join(directory.path, 'hits');
  await mkdir(hits);
  await writeFile(join(hits, 'segment'), '');
  const tomorrow = Date.now() / 1_000 + 86_400;
  await utimes(join(hits, 'segment'), tomorrow, tomorrow);
  assert.match((await clock(() => Date.now())).join('\n'), /problem: it is behind: .*still to come/);
});

test('a database server that does not answer is a problem that says what works meanwhile, without the password', async () => {
  await using directory = await temporaryDirectory();
  const { ok, findings } = await doctor({
    ...OFF,
    WAYBILL_DATA_DIR: directory.path,
    WAYBILL_DATABASE_URL: 'postgres://ann:hidden@127.0.0.1:1/waybill',
  });
  assert.equal(ok, false);
  const problem = findings.find(({ topic }) => topic === 'database');
  assert.match(
    `${problem?.level}: ${problem?.text}`,
    /^problem: 127\.0\.0\.1:1\/waybill cannot be used: .*REFUSED/,
  );
  assert.match(problem?.advice ?? '', /recording images and links/);
  assert.doesNotMatch(JSON.stringify(findings), /hidden/);
});
