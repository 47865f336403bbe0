/** The SMTP dialogue as a state machine: whatever a client says in whatever order, each reply is the one a model expects. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { PASSWORD, startTestRelay, USER, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const MAX_RECIPIENTS = 3;
const MAX_BYTES = 10_000;

/** What a server has to remember of a client (RFC 5321 §4.1.4, RFC 4954, RFC 3207). */
interface Model {
  tls: boolean;
  greeted: boolean;
  signedIn: boolean;
  /** MAIL was accepted. */
  mail: boolean;
  recipients: string[];
  closed: boolean;
}

interface Real {
  client: SmtpDialogue;
  relay: TestRelay;
  taken: { number: string; recipient: string; raw: string }[];
}

type Command = fc.AsyncCommand<Model, Real>;

const clearMail = (model: Model): void => void Object.assign(model, { mail: false, recipients: [] });
const isMailCommand = (verb: string): boolean => ['MAIL', 'RCPT', 'DATA'].includes(verb);

/** The reply to one line. Changes the model as the line changes the session. */
function expected(model: Model, line: string): RegExp {
  const [verb = '', ...words] = line.split(' ');
  const name = verb.toUpperCase();
  if (line.length > 2_048 && name !== 'AUTH') return /^500 5\.5\.2 /;
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u00ff]/.test(line)) return /^500 5\.5\.2 /;
  if (name === 'EXPN' || name === 'BDAT') return /^502 5\.5\.1 /;
  if (!model.greeted && (isMailCommand(name) || name === 'AUTH')) return /^503 5\.5\.1 /;
  if (!model.signedIn && isMailCommand(name)) return /^530 5\.7\.0 /;
  switch (name) {
    case 'EHLO':
    case 'HELO':
      if (words.length !== 1) return /^501 /;
      model.greeted = true;
      clearMail(model);
      return name === 'EHLO' ? /^250-\S+ greets [^\n]*\n(?:250-[^\n]*\n)*250 / : /^250 \S+ greets /;
    case 'NOOP':
      return /^250 2\.0\.0 /;
    case 'VRFY':
      return /^252 2\.\d\.\d /;
    case 'RSET':
      clearMail(model);
      return /^250 2\.0\.0 /;
    case 'AUTH':
      return expectedAuth(model, words);
    case 'MAIL':
      return expectedMail(model, words.join(' '));
    case 'RCPT':
      return expectedRcpt(model, words.join(' '));
    case 'DATA':
      return model.recipients.length === 0 ? /^503 5\.5\.1 / : /^354 /;
    case 'QUIT':
      model.closed = true;
      return /^221 2\.0\.0 /;
    default:
      return /^500 5\.5\.2 /;
  }
}

function expectedAuth(model: Model, [mechanism, token]: string[]): RegExp {
  if (model.signedIn) return /^503 5\.5\.1 /;
  if (mechanism !== 'PLAIN') return /^504 5\.5\.4 /;
  if (token !== GOOD) return /^535 5\.7\.8 /;
  model.signedIn = true;
  return /^235 2\.7\.0 /;
}

function expectedMail(model: Model, words: string): RegExp {
  if (words.includes('NOTIFY=')) return /^555 5\.5\.4 /;
  if (words.includes('=bad')) return /^501 5\.5\.4 /;
  if (!/^FROM:<(?:[a-z]+@example\.org)?>/.test(words)) return /^501 5\.1\.7 /;
  if (model.mail) return /^503 5\.5\.1 /;
  if (words.includes('SIZE=99999')) return /^552 5\.3\.4 /;
  model.mail = true;
  return /^250 2\.1\.0 /;
}

function expectedRcpt(model: Model, words: string): RegExp {
  if (words.includes('RET=')) return /^555 5\.5\.4 /;
  if (words.includes('=bad')) return /^501 5\.5\.4 /;
  const address = /^TO:<([a-z]+@example\.net)>/i.exec(words)?.[1];
  if (address === undefined) return /^501 5\.1\.3 /;
  if (!model.mail) return /^503 5\.5\.1 /;
  if (model.recipients.length >= MAX_RECIPIENTS) return /^452 4\.5\.3 /;
  // A mailbox that is named again is the same one, however its letters are now.
  const known = model.recipients.findIndex((other) => other.toLowerCase() === address.toLowerCase());
  if (known === -1) model.recipients.push(address);
  else model.recipients[known] = address;
  return /^250 2\.1\.5 /;
}

const GOOD = btoa(`\0${USER}\0${PASSWORD}`);
const END = '.\r\n';

/** One or more lines at once (PIPELINING), each answered in its turn. */
class Say implements Command {
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  check(model: Readonly<Model>): boolean {
    return !model.closed;
  }

  async run(model: Model, { client }: Real): Promise<void> {
    client.write(this.#lines.map((line) => `${line}\r\n`).join(''));
    for (const line of this.#lines) {
      const wanted = expected(model, line);
      assert.match(await client.reply(), wanted, JSON.stringify(line.slice(0, 80)));
      if (!model.closed) continue;
      assert.equal(await client.reply(), '', 'nothing after QUIT is answered');
      return;
    }
  }

  toString(): string {
    return `say(${JSON.stringify(this.#lines.map((line) => line.slice(0, 60)))})`;
  }
}

class StartTls implements Command {
  check(model: Readonly<Model>): boolean {
    return !model.closed;
  }

  async run(model: Model, { client }: Real): Promise<void> {
    const reply = await client.command('STARTTLS');
    if (model.tls) {
      assert.match(reply, /^503 5\.5\.1 /);
      return;
    }
    assert.match(reply, /^220 2\.0\.0 /);
    await client.upgrade();
    Object.assign(model, { tls: true, greeted: false, signedIn: false });
    clearMail(model);
  }

  toString(): string {
    return 'STARTTLS';
  }
}

/** AUTH begun and broken off: what stands between is no command. */
class AuthBrokenOff implements Command {
  check(model: Readonly<Model>): boolean {
    return !model.closed;
  }

  async run(model: Model, { client }: Real): Promise<void> {
    const reply = await client.command('AUTH PLAIN');
    if (!model.greeted || model.signedIn) {
      assert.match(reply, /^503 5\.5\.1 /);
      return;
    }
    assert.match(reply, /^334/);
    assert.match(await client.command('*'), /^501 5\./);
  }

  toString(): string {
    return 'AUTH PLAIN, *';
  }
}

/** DATA with its text, which only goes along when it is asked for. */
class Data implements Command {
  readonly #body: string;

  constructor(body: string) {
    this.#body = body;
  }

  check(model: Readonly<Model>): boolean {
    return !model.closed;
  }

  async run(model: Model, { client, relay, taken }: Real): Promise<void> {
    const wanted = expected(model, 'DATA');
    assert.match(await client.command('DATA'), wanted);
    if (wanted.source !== '^354 ') return;
    const raw = `Subject: ${taken.length}\r\n\r\n${this.#body}`;
    const stuffed = raw.replaceAll(/(^|\r\n)\./g, '$1..');
    client.write(`${stuffed}${END}`);
    const reply = await client.reply();
    const { recipients } = model;
    clearMail(model);
    if (raw.length > MAX_BYTES) assert.match(reply, /^552 5\.3\.4 /);
    else if (/(?<!\r)\n|\r(?!\n)|\0/.test(raw)) assert.match(reply, /^550 5\.6\.0 /);
    else {
      assert.match(reply, /^250 2\.6\.0 OK: accepted as WB-/);
      const numbers = reply.match(/WB-[0-9A-Z-]{14}/g) ?? [];
      const rows = await relay.engine.db
        .selectFrom('deliveries')
        .select(['recipient', 'tracking_number'])
        .where('tracking_number', 'in', numbers)
        .execute();
      assert.deepEqual(rows.map(({ recipient }) => recipient).sort(), recipients.sort());
      for (const { recipient, tracking_number: number } of rows) taken.push({ number, recipient, raw });
    }
  }

  toString(): string {
    return `DATA(${JSON.stringify(this.#body.slice(0, 60))}${this.#body.length > 60 ? '…' : ''})`;
  }
}

const word = fc.constantFrom('ann', 'bob', 'Ann', 'cleo', 'dan', 'eve');
const line = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('EHLO client.example', 'HELO client.example', 'ehlo x') },
  { weight: 4, arbitrary: fc.constant(`AUTH PLAIN ${GOOD}`) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'MAIL FROM:<sender@example.org>',
      'MAIL FROM:<>',
      'mail FROM:<a@example.org> SIZE=100 BODY=8BITMIME RET=FULL',
    ),
  },
  { weight: 8, arbitrary: word.map((name) => `RCPT TO:<${name}@example.net>`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'RCPT TO:<ann@example.net> NOTIFY=SUCCESS,FAILURE',
      'RCPT TO:<ann@example.net> NOTIFY=bad',
      'RCPT TO:<ann@example.net> RET=FULL',
      'RCPT TO:<>',
      'RCPT TO:<ann>',
      'MAIL FROM:<sender@example.org> SIZE=99999',
      'MAIL FROM:<sender@example.org> SIZE=bad',
      'MAIL FROM:<sender@example.org> NOTIFY=NEVER',
      'MAIL FROM:<a@b@c>',
      'MAIL FROM:sender@example.org',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'NOOP',
      'RSET',
      'VRFY ann',
      'EHLO',
      'HELO a b',
      'EXPN x',
      'BDAT 3 LAST',
      `AUTH PLAIN ${btoa('\0demo\0no')}`,
      'AUTH CRAM-MD5',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.string({ minLength: 1, maxLength: 20 }).map((text) => `XX${text.replaceAll('\n', '')}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `NOOP ${'x'.repeat(3_000)}`,
      'NOOP\rQUIT',
      'RCPT TO:<a\0@example.net>',
      'MAIL FROM:<\u00e4@example.org>',
    ),
  },
);
const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.constantFrom('.', '..', 'text', '.QUIT', '', 'MAIL FROM:<a@b.c>'), { maxLength: 6 })
      .map((lines) => lines.map((text) => `${text}\r\n`).join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom('a\nb\r\n', 'a\r.\r\n', '\n.\n\r\n', 'a\0\r\n') },
  { weight: 1, arbitrary: fc.constant(`${'x'.repeat(500)}\r\n`.repeat(21)) },
);

describe('the SMTP dialogue', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;

  before(async () => {
    directory = await temporaryDirectory();
    relay = await startTestRelay(directory.path, {
      settings: { maxMessageBytes: MAX_BYTES },
      tuning: {
        authLimits: { windowMs: 1_000, perName: 1e6, perAddress: 1e6, firstDelayMs: 0, longestDelayMs: 0 },
        smtpLimits: {
          maxRecipients: MAX_RECIPIENTS,
          maxErrors: 1e6,
          maxIdleCommands: 1e6,
          maxCommandsBeforeSignIn: 1e6,
        },
      },
    });
  });
  after(async () => {
    await relay.close();
    await directory[Symbol.asyncDispose]();
  });

  const messageCount = async (): Promise<number> =>
    (await relay.engine.db.selectFrom('messages').select('id').execute()).length;

  /** Each mail that was taken is there once for each of its recipients, byte for byte, and no other is. */
  async function assertKept(taken: Real['taken'], mails: number): Promise<void> {
    assert.equal(await messageCount(), mails + new Set(taken.map(({ raw }) => raw)).size);
    for (const { number, recipient, raw } of taken) {
      const copy = await eventually('the copy is captured', () =>
        relay.engine.db
          .selectFrom('captured')
          .select(['recipient', 'raw'])
          .where('tracking_number', '=', number)
          .executeTakeFirst(),
      );
      assert.equal(copy.recipient, recipient);
      assert.equal(Buffer.from(copy.raw).toString('latin1'), raw);
    }
  }

  test('answers as the model does, and keeps exactly the mails that it took', async () => {
    const commands = fc.commands(
      [
        line.map((text) => new Say([text])),
        fc.array(line, { minLength: 2, maxLength: 6 }).map((lines) => new Say(lines)),
        body.map((text) => new Data(text)),
        body.map((text) => new Data(text)),
        fc.constant(new StartTls()),
        fc.constant(new AuthBrokenOff()),
        fc.constantFrom(new Say(['QUIT']), new Say(['QUIT', 'NOOP']), new Say(['NOOP']), new Say(['NOOP'])),
        fc
          .array(word, { minLength: 1, maxLength: 4 })
          .map((names) => [
            'EHLO client.example',
            `AUTH PLAIN ${GOOD}`,
            'MAIL FROM:<sender@example.org>',
            ...names.map((name) => `RCPT TO:<${name}@example.net>`),
          ])
          .map((lines) => new Say(lines)),
      ],
      { maxCommands: 40, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const real: Real = { client: await SmtpDialogue.open(relay.submission), relay, taken: [] };
        const mails = await messageCount();
        const model: Model = {
          tls: false,
          greeted: false,
          signedIn: false,
          mail: false,
          recipients: [],
          closed: false,
        };
        try {
          await fc.asyncModelRun(() => ({ model, real }), sequence);
        } finally {
          real.client.close();
        }
        await assertKept(real.taken, mails);
      }),
      { numRuns: 100 },
    );
  });
});
