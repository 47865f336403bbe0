import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recogniseAgent } from './agent.ts';
import type { Species } from './species.ts';
import { cpuMs } from '../../test/support/cpu-time.ts';

const version = fc.tuple(fc.nat(160), fc.nat(9999), fc.nat(300)).map((parts) => parts.join('.'));
const letterCase = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toUpperCase(),
  (text: string) => text.toLowerCase(),
);

/** Each agent's form with a place for a version, in any letter case, must always be the same. */
function always(name: string, species: Species, form: (version: string) => string, client: string): void {
  test(`${name} is recognised in every version and letter case`, () => {
    fc.assert(
      fc.property(version, letterCase, (v, spell) => {
        const agent = recogniseAgent(spell(form(v)));
        assert.equal(agent.species, species, form(v));
        assert.equal(agent.client.name, client, form(v));
      }),
      { numRuns: 60 },
    );
  });
}

const WINDOWS = 'Windows NT 10.0; Win64; x64';
always(
  'Thunderbird',
  'mail-client',
  (v) => `Mozilla/5.0 (${WINDOWS}; rv:${v}) Gecko/20100101 Thunderbird/${v}`,
  'Thunderbird',
);
always(
  'Outlook for Windows',
  'mail-client',
  (v) => `Microsoft Office/16.0 (${WINDOWS}; Microsoft Outlook ${v}; Pro)`,
  'Outlook',
);
always(
  'Outlook in its browser form',
  'mail-client',
  (v) =>
    `Mozilla/4.0 (compatible; MSIE 7.0; ${WINDOWS}; Trident/7.0; Microsoft Outlook ${v}; ms-office; MSOffice 16)`,
  'Outlook',
);
always(
  'the new Outlook',
  'mail-client',
  (v) =>
    `Mozilla/5.0 (${WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v} Safari/537.36 Edg/${v} OneOutlook/1.${v}`,
  'Outlook',
);
always('Outlook for iOS', 'mail-client', (v) => `Outlook-iOS/${v}.prod.iphone`, 'Outlook');
always(
  'Apple Mail over CFNetwork',
  'mail-client',
  (v) => `Mail/${v} CFNetwork/${v} Darwin/23.1.0`,
  'Apple Mail',
);
always(
  'Gmail’s image proxy',
  'image-proxy',
  (v) => `Mozilla/5.0 (Windows NT 5.1; rv:${v}) Gecko Firefox/${v} (via ggpht.com GoogleImageProxy)`,
  'Gmail (image proxy)',
);
always(
  'Gmail’s prefetcher',
  'gmail-prefetch',
  (v) =>
    `Mozilla/5.0 (${WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v} Safari/537.36 Edge/12.${v.split('.')[1]} Mozilla/5.0`,
  'Gmail (prefetch)',
);
always(
  'Yahoo’s image proxy',
  'image-proxy',
  () => 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
  'Yahoo Mail (image proxy)',
);
always(
  'Seznam’s image proxy',
  'image-proxy',
  (v) => `Mozilla/5.0 SeznamEmailProxy/${v}`,
  'Seznam Email (image proxy)',
);
always('curl', 'program', (v) => `curl/${v}`, 'curl');
always(
  'headless Chrome',
  'program',
  (v) =>
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/${v} Safari/537.36`,
  'Headless Chrome',
);
always(
  'Slackbot',
  'preview-bot',
  (v) => `Slackbot-LinkExpanding ${v} (+https://api.slack.com/robots)`,
  'Slackbot',
);
always(
  'Chrome on Android',
  'browser',
  (v) =>
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v} Mobile Safari/537.36`,
  'Chrome',
);
always(
  'Safari on an iPhone',
  'browser',
  (v) =>
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${v} Mobile/15E148 Safari/604.1`,
  'Safari',
);

const species = (userAgent: string | undefined): Species => recogniseAgent(userAgent).species;

test('a blank agent, a bare one and one that is not known are three things', () => {
  assert.equal(species(undefined), 'absent');
  assert.equal(species(''), 'blank');
  assert.equal(species(' - '), 'blank');
  assert.equal(species('Mozilla/5.0'), 'bare');
  assert.equal(species('Mozilla/4.0'), 'program');
});

test('mail programs and image proxies that bot lists contain are themselves', () => {
  assert.equal(
    species('Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)'),
    'mail-client',
  );
  assert.equal(species('FastmailUA/1.0'), 'image-proxy');
  assert.equal(species('github-camo (876de43e)'), 'image-proxy');
});

test('a bot whose mail address or home page names a mail service is still a bot', () => {
  assert.equal(species('Mozilla/5.0 (compatible; SomeBot/1.0; somebot@gmail.com)'), 'program');
  assert.equal(species('ListReader/2.0 (+https://www.fastmail.com/lists)'), 'program');
  assert.equal(
    species('Mozilla/5.0 (Windows; rv:1.7) Gecko/20050716 Thunderbird/1.0 - crawler https://example.org'),
    'program',
  );
});

test('agents nobody has heard of are told apart by what they call themselves', () => {
  assert.equal(species('Acme Link Preview/3.1'), 'preview-bot');
  assert.equal(species('ChatUnfurler/0.4'), 'preview-bot');
  assert.equal(species('AcmePhishScanner/2'), 'scanner');
  assert.equal(species('AcmeMailImageProxy/1.0'), 'image-proxy');
  assert.equal(species('acme-thing/0.1'), 'program');
  assert.equal(species('Mozilla/5.0 (compatible; AcmeIndexer/1.0; +https://acme.example/)'), 'program');
  assert.equal(species('AcmeMail/4.2 (Windows 11)'), 'mail-client');
});

test('an app’s own token beside a whole browser string is a browser inside that app', () => {
  const agent = recogniseAgent(
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 AcmeChat/9.1',
  );
  assert.equal(agent.species, 'embedded-browser');
  assert.equal(agent.client.name, 'AcmeChat');
  assert.equal(agent.client.device, 'phone');
});

test('a preview bot’s app is a person when it shows a whole browser', () => {
  assert.equal(species('Snapchat/2.23.20'), 'preview-bot');
  const app = recogniseAgent(
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/12.1',
  );
  assert.equal(app.species, 'browser');
  assert.equal(app.client.name, 'Snapchat');
});

test('a desktop browser out of use for years is doubted; an old phone’s is not', () => {
  assert.equal(
    species(
      `Mozilla/5.0 (${WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36`,
    ),
    'dead-browser',
  );
  assert.equal(species('Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)'), 'dead-browser');
  assert.equal(
    species('Mozilla/5.0 (Macintosh; Mac OS X v10.9.3; Trident/7.0; rv:11.0) like Gecko'),
    'dead-browser',
  );
  assert.equal(
    species(
      'Mozilla/5.0 (Linux; Android 8.0; SM-G930F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Mobile Safari/537.36',
    ),
    'browser',
  );
});

test('system and device are named', () => {
  const client = recogniseAgent(`Mozilla/5.0 (${WINDOWS}; rv:128.0) Gecko/20100101 Firefox/128.0`).client;
  assert.deepEqual(client, { name: 'Firefox', version: '128.0', os: 'Windows', device: 'desktop' });
  const tablet = recogniseAgent(
    'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  ).client;
  assert.deepEqual(tablet, { name: 'Safari', version: '17.5', os: 'iOS', device: 'tablet' });
  const edge = recogniseAgent(
    `Mozilla/5.0 (${WINDOWS}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
  ).client;
  assert.equal(edge.name, 'Edge');
});

test('agents with encoded spaces, plus signs or quotation marks are read', () => {
  assert.equal(
    species(
      '"Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/140.0.0.0+Safari/537.36"',
    ),
    'browser',
  );
  assert.equal(
    recogniseAgent('Yahoo%20Mail/49268 CFNetwork/1121.2.2 Darwin/19.3.0').client.name,
    'Yahoo Mail',
  );
});

test('any text at all is answered, quickly', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 3000, unit: 'binary' }), (text) => {
      assert.ok(recogniseAgent(text).client.name.length <= 120);
    }),
  );
  for (const piece of ['(', 'a/', '((a;', 'Mozilla/5.0 (', 'mail '.repeat(3)])
    assert.ok(cpuMs(() => recogniseAgent(piece.repeat(50_000))) < 1000, piece);
});
