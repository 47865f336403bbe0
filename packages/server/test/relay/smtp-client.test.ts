import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { silentLogger } from '../../src/kernel/logger.ts';
import { systemRandom } from '../../src/kernel/ids.ts';
import { selfSigned } from '../../src/relay/self-signed.ts';
import {
  SmarthostClient,
  type SmarthostEnvelope,
  type SmarthostResult,
  type SmarthostTimeouts,
} from '../../src/relay/smarthost.ts';
import { readSmarthostUrl } from '../../src/relay/smarthost-url.ts';
import { eventually } from '../support/server.ts';
import {
  SILENT,
  startScriptedSmtp,
  type Answer,
  type ScriptedSmtp,
  type SmtpScript,
} from '../support/scripted-smtp.ts';

const MAIL = Buffer.from('From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n');
const EIGHT_BIT = Buffer.from('From: a@example.org\r\nSubject: x\r\n\r\nGrüße\r\n');
const ENVELOPE: SmarthostEnvelope = { from: 'a@example.org', to: 'b@example.net' };
const ALL = ['PIPELINING', 'SIZE 1000000', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES'];
const PATIENT: SmarthostTimeouts = {
  connectMs: 5_000,
  greetingMs: 5_000,
  commandMs: 5_000,
  dataStartMs: 5_000,
  dataBlockMs: 5_000,
  dataEndMs: 5_000,
  idleMs: 60_000,
};

interface Bench {
  server: ScriptedSmtp;
  send: (envelope?: Partial<SmarthostEnvelope>, raw?: Buffer) => Promise<SmarthostResult>;
}

async function withServer(
  script: SmtpScript,
  run: (bench: Bench) => Promise<void>,
  options: { query?: string; user?: string; timeouts?: Partial<SmarthostTimeouts>; scheme?: string } = {},
): Promise<void> {
  const server = await startScriptedSmtp(script);
  const { query = '?tls=off', user = '', timeouts = {}, scheme = 'smtp' } = options;
  const client = new SmarthostClient({
    address: readSmarthostUrl(`${scheme}://${user}${server.host}:${server.port}${query}`),
    timeouts: { ...PATIENT, ...timeouts },
    logger: silentLogger,
  });
  try {
    await run({
      server,
      send: (envelope = {}, raw = MAIL) => client.deliver(raw, { ...ENVELOPE, ...envelope }),
    });
  } finally {
    client.close();
    await server.close();
  }
}

const words = (server: ScriptedSmtp, ...verbs: string[]): string[] =>
  server.sessions.flatMap(({ commands }) => commands.filter((line) => verbs.includes(line.slice(0, 4))));

describe('what is said to the smarthost', () => {
  test('with PIPELINING the envelope and DATA are one packet, and the next mail needs no new connection', () =>
    withServer({ offers: ALL }, async ({ server, send }) => {
      assert.equal((await send()).kind, 'relayed');
      assert.equal((await send()).kind, 'relayed');
      assert.equal(server.sessions.length, 1);
      const [session] = server.sessions;
      const group = [`MAIL FROM:<a@example.org> SIZE=${MAIL.length}`, 'RCPT TO:<b@example.net>', 'DATA'];
      assert.deepEqual(
        session?.packets.filter((packet) => packet.length > 1),
        [group, group],
      );
      assert.deepEqual(session?.mails, [MAIL, MAIL]);
    }));

  test('without it each command waits for the answer to the one before', () =>
    withServer({ offers: ['8BITMIME'] }, async ({ server, send }) => {
      assert.equal((await send()).kind, 'relayed');
      assert.deepEqual(
        server.sessions[0]?.packets.filter((packet) => packet.length > 1),
        [],
      );
      assert.deepEqual(words(server, 'MAIL', 'RCPT', 'DATA').length, 3);
    }));

  test('a server that knows only HELO gets the mail without parameters', () =>
    withServer(
      { command: (line) => (line.startsWith('EHLO') ? '502 5.5.1 no' : undefined) },
      async ({ server, send }) => {
        assert.deepEqual(await send({ dsn: { ret: 'HDRS', envid: 'x' } }), {
          kind: 'relayed',
          reply: '250 2.0.0 taken',
          confirms: false,
        });
        assert.deepEqual(words(server, 'MAIL', 'RCPT'), [
          'MAIL FROM:<a@example.org>',
          'RCPT TO:<b@example.net>',
        ]);
      },
    ));

  test('DSN parameters are passed on in xtext where DSN is offered, and nowhere else', async () => {
    const dsn = {
      ret: 'FULL' as const,
      envid: 'a+b=c ü',
      notify: ['SUCCESS', 'DELAY'],
      orcpt: 'rfc822;o+x@example.net',
    };
    await withServer({ offers: ALL }, async ({ server, send }) => {
      await send({ dsn });
      assert.deepEqual(words(server, 'MAIL', 'RCPT'), [
        `MAIL FROM:<a@example.org> SIZE=${MAIL.length} RET=FULL ENVID=a+2Bb+3Dc+20+C3+BC`,
        'RCPT TO:<b@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o+2Bx@example.net',
      ]);
    });
    await withServer({ offers: [] }, async ({ server, send }) => {
      await send({ dsn });
      assert.deepEqual(words(server, 'MAIL', 'RCPT'), [
        'MAIL FROM:<a@example.org>',
        'RCPT TO:<b@example.net>',
      ]);
    });
  });

  test('dots at the beginning of lines, and a last line without its end, arrive as they are', () =>
    withServer({ offers: ALL }, async ({ server, send }) => {
      const raw = Buffer.from('.first\r\n\r\n.\r\n..two\r\nmid.dle\r\n.');
      await send({}, raw);
      await send({}, Buffer.alloc(0));
      const [wire, empty] = server.sessions[0]?.mails ?? [];
      assert.equal(wire?.toString(), '..first\r\n\r\n..\r\n...two\r\nmid.dle\r\n..\r\n');
      assert.equal(empty?.length, 0);
    }));

  test('a mail of many megabytes arrives whole, though the server reads slowly', () =>
    withServer(
      {
        command: (line, { socket }) => {
          if (line !== 'DATA') return undefined;
          socket.pause();
          setTimeout(() => socket.resume(), 100);
          return undefined;
        },
      },
      async ({ server, send }) => {
        const raw = Buffer.from('.A line that begins with a dot, and an end.\r\n'.repeat(200_000));
        assert.equal((await send({}, raw)).kind, 'relayed');
        const wire = server.sessions[0]?.mails[0];
        assert.equal(wire?.length, raw.length + 200_000);
      },
    ));

  test('what would end a command or be two mails is sent to nobody', () =>
    withServer({ offers: ALL }, async ({ server, send }) => {
      for (const attempt of [
        await send({ to: 'b@example.net>\r\nRCPT TO:<c@example.net' }),
        await send({ from: 'a@example.org> BODY=8BITMIME' }),
        await send({}, Buffer.from('a\r\n\r\nb\n.\nMAIL FROM:<x@example.org>\r\n')),
        await send({}, Buffer.from('a\r\n\r\nb\r.\r\nc\r\n')),
      ]) {
        assert.equal(attempt.kind, 'rejected');
        assert.equal(attempt.kind === 'rejected' && attempt.code, 'cannot-be-sent');
      }
      assert.deepEqual(words(server, 'MAIL', 'RCPT', 'DATA'), []);
    }));
});

describe('what a mail needs of the server', () => {
  const status = async (result: Promise<SmarthostResult>): Promise<string | undefined> => {
    const got = await result;
    return got.kind === 'rejected' ? got.status : got.kind;
  };

  test('SIZE: what is above the limit is refused without being sent; without a limit it is tried', async () => {
    const big = Buffer.concat([MAIL, Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(20))]);
    await withServer({ offers: ['SIZE 1000'] }, async ({ server, send }) => {
      assert.equal(await status(send({}, big)), '5.3.4');
      assert.deepEqual(words(server, 'MAIL'), []);
      assert.equal(await status(send()), 'relayed');
    });
    for (const offers of [['SIZE'], ['SIZE 0'], []]) {
      await withServer({ offers }, async ({ send }) => assert.equal(await status(send({}, big)), 'relayed'));
    }
  });

  test('8BITMIME: declared for text of 8 bits; where it is not offered such a mail cannot be sent', async () => {
    await withServer({ offers: ALL }, async ({ server, send }) => {
      assert.equal(await status(send({}, EIGHT_BIT)), 'relayed');
      assert.match(words(server, 'MAIL')[0] ?? '', / BODY=8BITMIME$/);
      assert.deepEqual(server.sessions[0]?.mails, [EIGHT_BIT]);
    });
    await withServer({ offers: ['SIZE', 'PIPELINING'] }, async ({ server, send }) => {
      assert.equal(await status(send({}, EIGHT_BIT)), '5.6.3');
      assert.deepEqual(words(server, 'MAIL'), []);
      // What its sender calls 8-bit and is none can go.
      assert.equal(await status(send({ eightBit: true })), 'relayed');
      assert.deepEqual(words(server, 'MAIL'), [`MAIL FROM:<a@example.org> SIZE=${MAIL.length}`]);
    });
  });

  test('what the server offered a while ago and lacks now is waited for, and not bounced', async () => {
    const offers = ({ number }: { number: number }) => (number === 2 ? ['PIPELINING'] : ALL);
    await withServer(
      { offers },
      async ({ send }) => {
        assert.equal(await status(send({}, EIGHT_BIT)), 'relayed');
        const result = await send({}, EIGHT_BIT);
        assert.equal(result.kind === 'deferred' && result.code, 'server-deferred');
        assert.match(result.reply, /needs 8BITMIME, which the mail server does not offer now/);
        assert.equal(await status(send({}, EIGHT_BIT)), 'relayed');
      },
      { timeouts: { idleMs: 0 } },
    );
  });

  test('SMTPUTF8: passed on where it is needed; a server without it gets what it can take, and no more', async () => {
    const header = Buffer.from('From: ü@example.org\r\n\r\nHello\r\n');
    await withServer({ offers: ALL }, async ({ server, send }) => {
      assert.equal(await status(send({ to: 'jörg@bücher.example' })), 'relayed');
      assert.equal(await status(send({ smtpUtf8: true }, header)), 'relayed');
      assert.deepEqual(words(server, 'MAIL', 'RCPT'), [
        `MAIL FROM:<a@example.org> SIZE=${MAIL.length} SMTPUTF8`,
        'RCPT TO:<jörg@xn--bcher-kva.example>',
        `MAIL FROM:<a@example.org> SIZE=${header.length} BODY=8BITMIME SMTPUTF8`,
        'RCPT TO:<b@example.net>',
      ]);
    });
    await withServer({ offers: ['8BITMIME'] }, async ({ server, send }) => {
      assert.equal(await status(send({ to: 'jörg@example.net' })), '5.6.7');
      assert.equal(await status(send({ from: 'jörg@example.net' })), '5.6.7');
      assert.equal(await status(send({ smtpUtf8: true }, header)), '5.6.7');
      assert.deepEqual(words(server, 'MAIL'), []);
      assert.equal(await status(send({ smtpUtf8: true, to: 'b@bücher.example' })), 'relayed');
      assert.equal(await status(send({ smtpUtf8: true }, EIGHT_BIT)), 'relayed');
      assert.deepEqual(words(server, 'MAIL', 'RCPT'), [
        'MAIL FROM:<a@example.org>',
        'RCPT TO:<b@xn--bcher-kva.example>',
        'MAIL FROM:<a@example.org> BODY=8BITMIME',
        'RCPT TO:<b@example.net>',
      ]);
    });
  });
});

describe('what the server answers', () => {
  const outcome = (result: SmarthostResult): string[] =>
    result.kind === 'deferred' ? [result.code, result.about ?? 'mail'] : [result.kind];

  test('4yz is tried again and 5yz is not, at every step; the session goes on with a RSET', async () => {
    for (const offers of [ALL, []]) {
      for (const step of ['MAIL', 'RCPT', 'DATA', 'end']) {
        for (const [reply, expected] of [
          ['450 4.2.1 later', ['server-deferred', 'mail']],
          ['550 5.7.1 never', ['rejected']],
        ] as const) {
          let isRefused = false;
          const refuseOnce = (): string | undefined => {
            if (isRefused) return undefined;
            isRefused = true;
            return reply;
          };
          await withServer(
            {
              offers,
              command: (line) => (line.startsWith(step) ? refuseOnce() : undefined),
              ...(step === 'end' ? { end: refuseOnce } : {}),
            },
            async ({ server, send }) => {
              const first = await send();
              assert.deepEqual(outcome(first), expected, `${step} ${reply}`);
              assert.equal(first.reply, reply);
              assert.deepEqual(outcome(await send()), ['relayed']);
              // This server takes recipients of a refused sender, so an empty mail might go to them.
              const hangsUp = step === 'MAIL' && offers === ALL;
              assert.equal(server.sessions.length, hangsUp ? 2 : 1);
              assert.equal(words(server, 'RSET').length, step === 'end' || hangsUp ? 0 : 1);
              // What was refused has left nothing behind: an empty mail at most, which goes to nobody.
              const mails = server.sessions.flatMap((session) => session.mails);
              assert.deepEqual(mails.filter(({ length }) => length > 0).at(-1), MAIL);
            },
          );
        }
      }
    }
  });

  test('a recipient is refused and DATA is not: nothing of the mail is sent', () =>
    withServer(
      { offers: ALL, command: (line) => (line.startsWith('RCPT') ? '550 5.1.1 unknown' : undefined) },
      async ({ server, send }) => {
        assert.deepEqual(outcome(await send()), ['rejected']);
        assert.deepEqual(
          server.sessions[0]?.mails.map(({ length }) => length),
          [0],
        );
      },
    ));

  test('a RSET that is refused is no word on the mail: no empty mail, no bounce, another connection', async () => {
    for (const offers of [ALL, []]) {
      let refusals = 0;
      await withServer(
        {
          offers,
          command: (line) => {
            if (line === 'RSET') return '502 5.5.1 what is that?';
            return line.startsWith('RCPT') && refusals++ === 0 ? '450 4.2.1 later' : undefined;
          },
        },
        async ({ server, send }) => {
          assert.deepEqual(outcome(await send()), ['server-deferred', 'mail']);
          assert.deepEqual(outcome(await send()), ['relayed']);
          assert.deepEqual(
            server.sessions.map(({ mails }) => mails.filter(({ length }) => length > 0)),
            [[], [MAIL]],
          );
          // The first mail's, which went to nobody.
          assert.equal(server.sessions[0]?.mails.length, offers === ALL ? 1 : 0);
        },
      );
    }
  });

  test('a recipient that is taken without a sender gets no empty mail', () =>
    withServer(
      { offers: ALL, command: (line) => (line.startsWith('MAIL') ? '550 5.7.1 not you' : undefined) },
      async ({ server, send }) => {
        assert.deepEqual(outcome(await send()), ['rejected']);
        assert.deepEqual(server.sessions[0]?.mails, []);
        assert.deepEqual(outcome(await send()), ['rejected']);
        assert.equal(server.sessions.length, 2);
      },
    ));

  test('an answer too many is never taken for one to the mail', async () => {
    for (const offers of [ALL, []]) {
      for (const step of ['EHLO', 'MAIL', 'RCPT', 'DATA']) {
        await withServer(
          {
            offers,
            command: (line) => {
              if (!line.startsWith(step)) return undefined;
              if (step === 'EHLO')
                return ['250-x', ...offers.map((word) => `250-${word}`), '250 x', '250 y'].join('\r\n');
              return step === 'DATA' ? '354 go on\r\n250 2.0.0 taken' : '250 2.0.0 OK\r\n250 2.0.0 OK';
            },
          },
          async ({ server, send }) => {
            assert.deepEqual(outcome(await send()), ['server-unreachable', 'session'], step);
            await eventually('hanging up', () => Promise.resolve(server.sessions[0]?.socket.closed));
            assert.deepEqual(server.sessions[0]?.mails, []);
          },
        );
      }
    }
  });

  test('a refusal in the midst of a large mail is one, and the mail is not ended', async () => {
    const large = Buffer.from(`Subject: x\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(300_000)}`);
    for (const close of [true, false]) {
      await withServer(
        {
          offers: ['PIPELINING', '8BITMIME'],
          command: (line, { socket }) => {
            // Not together with the 354, which would be an answer to nothing.
            if (line === 'DATA')
              socket.once('data', () => {
                socket.write('552 5.3.4 too large\r\n');
                if (close) socket.end();
              });
            return undefined;
          },
        },
        async ({ server, send }) => {
          assert.deepEqual(outcome(await send({}, large)), ['rejected']);
          assert.deepEqual(server.sessions[0]?.mails, []);
        },
      );
    }
  });

  test('replies of several lines, in pieces of a byte, or all of them at once', () =>
    withServer(
      {
        offers: ALL,
        greet: () => ({ pieces: '220-scripted\r\n220-more words\r\n220 end\r\n'.split('') }),
        command: (line) => {
          if (line.startsWith('MAIL')) return SILENT;
          if (line.startsWith('RCPT')) return SILENT;
          return line === 'DATA' ? { pieces: ['250 a\r\n250-b\r\n250 b\r', '\n354 go on\r\n'] } : undefined;
        },
        end: () => '250-2.0.0 taken\r\n250 as grüße',
      },
      async ({ send }) => {
        assert.deepEqual(await send(), {
          kind: 'relayed',
          reply: '250 2.0.0 taken as grüße',
          confirms: true,
        });
      },
    ));

  test('pieces of replies are put together', () =>
    withServer(
      {
        offers: ALL,
        greet: () => ({ pieces: '220-scripted\r\n220 end\r\n'.split('') }),
        command: (line) =>
          line.startsWith('RCPT') ? { pieces: ['25', '0-b\r\n250 ', 'b\r', '\n'] } : undefined,
        end: () => ({ pieces: ['250-2.0.0 taken\r\n', '250 as gr\u00fc', '\u00dfe\r\n'] }),
      },
      async ({ send }) => {
        assert.deepEqual(await send(), {
          kind: 'relayed',
          reply: '250 2.0.0 taken as grüße',
          confirms: true,
        });
      },
    ));

  test('a reply of many lines, or a very long one, is one: a mail that was taken is not sent again', async () => {
    const replies = [`${'250-x\r\n'.repeat(9_000)}250 taken`, `250 ${'x'.repeat(65_536)}`];
    for (const reply of replies) {
      await withServer({ offers: ALL, end: () => reply }, async ({ server, send }) => {
        for (let n = 0; n < 2; n++) {
          const result = await send();
          assert.equal(result.kind, 'relayed');
          assert.ok(result.reply.length <= 501);
        }
        assert.equal(server.sessions.length, 1);
      });
    }
    await withServer(
      { offers: [...ALL, ...Array.from({ length: 1_000 }, (_, n) => `X-${n} ${'y'.repeat(60)}`)] },
      async ({ send }) => assert.equal((await send()).kind, 'relayed'),
    );
  });

  test('what is no SMTP, or has no end, is no answer', async () => {
    for (const noise of [
      'SSH-2.0-OpenSSH\r\n',
      '2500 x\r\n',
      'x'.repeat(10_000),
      '250-x\r\n'.repeat(200_000),
      `220 ${'x'.repeat(1_100_000)}`,
    ]) {
      await withServer({ greet: () => ({ pieces: [noise] }) }, async ({ send }) => {
        assert.deepEqual(outcome(await send()), ['server-unreachable', 'server']);
      });
    }
  });

  test('a server that turns us away at the door, or wants us to sign in, is no reason to bounce', async () => {
    await withServer({ greet: () => '554 5.7.1 not you' }, async ({ send }) => {
      assert.deepEqual(outcome(await send()), ['server-refuses-us', 'server']);
    });
    await withServer({ greet: () => '421 4.3.2 busy' }, async ({ send }) => {
      assert.deepEqual(outcome(await send()), ['server-deferred', 'server']);
    });
    for (const offers of [ALL, []]) {
      await withServer(
        { offers, command: (line) => (line.startsWith('MAIL') ? '530 5.7.0 sign in' : undefined) },
        async ({ send }) => assert.deepEqual(outcome(await send()), ['server-refuses-us', 'server']),
      );
    }
  });

  test('a server that hangs up after some mails, with or without a word, costs no attempt', async () => {
    const farewells: Answer[] = [{ pieces: ['421 4.7.0 enough mails\r\n'], close: true }, { close: true }];
    for (const farewell of farewells) {
      await withServer(
        {
          offers: ALL,
          command: (line, { mails }) =>
            line.startsWith('MAIL') && mails.length === 2 ? farewell : undefined,
        },
        async ({ server, send }) => {
          for (let n = 0; n < 5; n++) assert.deepEqual(outcome(await send()), ['relayed']);
          assert.deepEqual(
            server.sessions.map(({ mails }) => mails.length),
            [2, 2, 1],
          );
        },
      );
    }
  });

  test('a server that hangs up on each new connection is tried once a mail', () =>
    withServer(
      { offers: ALL, command: (line) => (line.startsWith('MAIL') ? { close: true } : undefined) },
      async ({ server, send }) => {
        assert.deepEqual(outcome(await send()), ['server-unreachable', 'session']);
        assert.equal(server.sessions.length, 1);
      },
    ));

  test('a server that is silent or gone behind the final dot: the mail is not sent again at once', async () => {
    for (const end of [SILENT, { close: true } as const]) {
      await withServer(
        {
          offers: ALL,
          end: (_mail, { number, mails }) => (number === 1 && mails.length === 2 ? end : undefined),
        },
        async ({ server, send }) => {
          assert.deepEqual(outcome(await send()), ['relayed']);
          assert.deepEqual(outcome(await send()), ['server-unreachable', 'session']);
          assert.equal(server.sessions.length, 1);
        },
        { timeouts: { dataEndMs: 200 } },
      );
    }
  });

  test('a kept connection on which the server speaks or hangs up is not used again', async () => {
    for (const talk of [
      (session: ScriptedSmtp['sessions'][number]) => session.socket.write('421 4.4.2 idle for too long\r\n'),
      (session: ScriptedSmtp['sessions'][number]) => session.socket.end(),
    ]) {
      await withServer({ offers: ALL }, async ({ server, send }) => {
        await send();
        const [first] = server.sessions;
        assert.ok(first);
        const closed = once(first.socket, 'close');
        talk(first);
        await closed;
        assert.deepEqual(outcome(await send()), ['relayed']);
        assert.equal(server.sessions.length, 2);
      });
    }
  });

  test('an idle connection is ended with QUIT, in time', () =>
    withServer(
      { offers: ALL },
      async ({ server, send }) => {
        await send();
        await eventually('QUIT', async () => words(server, 'QUIT').length === 1);
        await eventually('closed', async () => server.sessions[0]?.socket.destroyed);
      },
      { timeouts: { idleMs: 100 } },
    ));

  test('each step has a time limit of its own', async () => {
    const silentAt: [string, SmtpScript, Partial<SmarthostTimeouts>, RegExp][] = [
      ['greeting', { greet: () => SILENT }, { greetingMs: 100 }, /greet in time/],
      // Long enough that the commands before are answered in time on a busy machine.
      ['EHLO', { command: () => SILENT }, { commandMs: 1_000 }, /answer EHLO in time/],
      ['MAIL', silentTo('MAIL'), { commandMs: 1_000 }, /answer MAIL in time/],
      ['RCPT', silentTo('RCPT'), { commandMs: 1_000 }, /answer RCPT in time/],
      ['DATA', silentTo('DATA'), { dataStartMs: 100 }, /answer DATA in time/],
      ['the dot', { end: () => SILENT }, { dataEndMs: 100 }, /whether it took the mail/],
    ];
    const cases = silentAt.map(([, script, timeouts, expected]) =>
      withServer(
        script,
        async ({ send }) => {
          const result = await send();
          assert.equal(result.kind, 'deferred');
          assert.match(result.reply, expected);
        },
        { timeouts },
      ),
    );
    await Promise.all(cases);
    await withServer(
      {
        command: (line, { socket }) => {
          if (line === 'DATA') socket.pause();
          return undefined;
        },
      },
      async ({ send }) => {
        const result = await send({}, Buffer.alloc(20_000_000, 'line\r\n'));
        assert.match(result.reply, /took nothing more/);
      },
      { timeouts: { dataBlockMs: 200 } },
    );
  });
});

function silentTo(verb: string): SmtpScript {
  return { command: (line) => (line.startsWith(verb) ? SILENT : undefined) };
}

describe('TLS and signing in', () => {
  const certificate = selfSigned({
    names: ['localhost'],
    validFrom: Date.now() - 1000,
    validTo: Date.now() + 600_000,
    random: systemRandom,
  });
  const secret = 'user:pass@';

  test('opportunistic: TLS when it is offered and works, else without', async () => {
    const query = '?tls=opportunistic';
    await withServer(
      { offers: ({ isSecure }) => (isSecure ? ALL : ['STARTTLS']), certificate },
      async ({ server, send }) => {
        assert.equal((await send()).kind, 'relayed');
        assert.equal(server.sessions[0]?.isSecure, true);
        // The offers from before TLS are forgotten.
        assert.match(words(server, 'MAIL')[0] ?? '', / SIZE=/);
        assert.equal(words(server, 'EHLO').length, 2);
      },
      { query },
    );
    for (const script of [
      { offers: ALL },
      {
        offers: ['STARTTLS'],
        command: (line: string) => (line === 'STARTTLS' ? '454 4.7.0 not now' : undefined),
      },
      {
        offers: ['STARTTLS'],
        command: (line: string, { socket }: ScriptedSmtp['sessions'][number]) => {
          // Only when TLS has begun: before, it would be words in the clear behind the 220.
          if (line !== 'STARTTLS') return undefined;
          socket.once('data', () => socket.write('no TLS here\r\n'));
          return { pieces: ['220 go on\r\n'] };
        },
      },
    ]) {
      await withServer(
        script,
        async ({ server, send }) => {
          assert.equal((await send()).kind, 'relayed');
          assert.equal(server.sessions.at(-1)?.isSecure, false);
        },
        { query },
      );
    }
  });

  test('required: a server without TLS gets no mail, and no password', async () => {
    for (const offers of [['AUTH PLAIN'], ['STARTTLS', 'AUTH PLAIN']]) {
      await withServer(
        { offers, command: (line) => (line === 'STARTTLS' ? '454 4.7.0 not now' : undefined) },
        async ({ server, send }) => {
          const result = await send();
          assert.equal(result.kind === 'deferred' && result.about, 'server');
          assert.deepEqual(words(server, 'AUTH', 'MAIL'), []);
        },
        { query: '?tls=require', user: secret },
      );
    }
  });

  test('verified: a certificate of an unknown authority gets no mail; required alone does not mind', async () => {
    for (const [query, kind] of [
      ['?tls=verify', 'deferred'],
      ['?tls=require', 'relayed'],
    ] as const) {
      await withServer(
        { offers: ['STARTTLS'], certificate },
        async ({ server, send }) => {
          assert.equal((await send()).kind, kind);
          assert.equal(words(server, 'MAIL').length, kind === 'relayed' ? 1 : 0);
        },
        { query },
      );
    }
  });

  test('what comes in the clear behind the word for TLS is obeyed by nobody', () =>
    withServer(
      {
        offers: ['STARTTLS'],
        certificate,
        command: (line) =>
          line === 'STARTTLS' ? { pieces: ['220 go on\r\n250 injected\r\n'], startTls: true } : undefined,
      },
      async ({ server, send }) => {
        const result = await send();
        assert.equal(result.kind === 'deferred' && result.about, 'server');
        assert.deepEqual(words(server, 'MAIL'), []);
      },
      { query: '?tls=require' },
    ));

  test('PLAIN, LOGIN and CRAM-MD5, the first that is offered', async () => {
    const challenge = '<1.2@scripted>';
    const answers: Record<string, (line: string) => string | undefined> = {
      'AUTH PLAIN LOGIN': (line) =>
        line === `AUTH PLAIN ${base64('\0user\0pass')}` ? '235 2.7.0 welcome' : undefined,
      'AUTH=LOGIN': (line) => {
        if (line === 'AUTH LOGIN') return `334 ${base64('Username:')}`;
        if (line === base64('user')) return `334 ${base64('Password:')}`;
        return line === base64('pass') ? '235 2.7.0 welcome' : undefined;
      },
      'AUTH CRAM-MD5': (line) => {
        if (line === 'AUTH CRAM-MD5') return `334 ${base64(challenge)}`;
        // HMAC-MD5 of the challenge under the password (RFC 2195 §2).
        const digest = createHmac('md5', 'pass').update(challenge).digest('hex');
        return line === base64(`user ${digest}`) ? '235 2.7.0 welcome' : undefined;
      },
    };
    for (const [offer, command] of Object.entries(answers)) {
      await withServer(
        {
          offers: [offer],
          command: (line) => command(line) ?? (line.startsWith('AUTH') ? '504 no' : undefined),
        },
        async ({ send }) => assert.equal((await send()).kind, 'relayed', offer),
        { user: secret },
      );
    }
  });

  test('a wrong password waits for its operator; where nothing is offered, the server decides', async () => {
    for (const [reply, code] of [
      ['535 5.7.8 wrong', 'server-refuses-us'],
      ['454 4.7.0 later', 'server-deferred'],
    ]) {
      await withServer(
        { offers: ['AUTH PLAIN'], command: (line) => (line.startsWith('AUTH') ? reply : undefined) },
        async ({ server, send }) => {
          const result = await send();
          assert.equal(result.kind === 'deferred' && result.code, code);
          assert.deepEqual(words(server, 'MAIL'), []);
        },
        { user: secret },
      );
    }
    await withServer(
      { offers: ['AUTH GSSAPI'] },
      async ({ send }) => {
        const result = await send();
        assert.equal(result.kind === 'deferred' && result.code, 'server-refuses-us');
      },
      { user: secret },
    );
    await withServer({ offers: [] }, async ({ send }) => assert.equal((await send()).kind, 'relayed'), {
      user: secret,
    });
  });

  test('to whom no sign-in is offered, a refusal to relay is no word on the mail; other refusals are', async () => {
    const cases: [string, string, SmarthostResult['kind']][] = [
      ['554 5.7.1 <b@example.net>: Relay access denied', secret, 'deferred'],
      ['550 relay not permitted', secret, 'deferred'],
      ['550 5.1.1 User unknown', secret, 'rejected'],
      ['554 5.7.1 <b@example.net>: Relay access denied', '', 'rejected'],
    ];
    for (const [reply, user, kind] of cases) {
      await withServer(
        { offers: ALL, command: (line) => (line.startsWith('RCPT') ? reply : undefined) },
        async ({ send }) => {
          const result = await send();
          assert.equal(result.kind, kind, reply);
          assert.equal(result.kind === 'deferred' && result.code, kind === 'deferred' && 'server-refuses-us');
        },
        { user },
      );
    }
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
