import type { Mode } from '@waybill/sdk';
import { DAY_MS, type Clock } from '../kernel/clock.ts';
import { Groups } from '../kernel/groups.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { IncomingMail } from './incoming-mail.ts';
import type { MailFacts } from './mail-facts.ts';

/** Port: mail that was accepted here lately, and may come by again. */
export interface EarlierPasses {
  /** @returns modes other than `full` of messages with these Message-IDs, since then (ms) */
  modesSince(
    workspaceId: WorkspaceId,
    messageIdHeaders: readonly string[],
    since: number,
  ): Promise<{ messageIdHeader: string; mode: Mode }[]>;
}

/** As long as mail is tried at most nearly everywhere (RFC 5321 §4.5.4.1); a resend after that is a mail of its own. */
const LATELY_MS = 5 * DAY_MS;
/** What keeps less comes later. */
const BY_STRICTNESS: readonly Mode[] = ['full', 'day', 'aggregate', 'off'];

interface Question {
  workspaceId: WorkspaceId;
  messageIdHeader: string;
}

/**
 * What a mail's author asked of Waybill goes out of its header, so a mail that comes by a second time no longer says it: where Waybill's
 * smarthost is a mail server that has Waybill for a filter, or forwards the mail. It is known by its Message-ID, and its first
 * mode holds as the most that may be tracked.
 */
export class EarlierModes {
  readonly #clock: Clock;
  readonly #asking: Groups<Question, Mode | undefined>;

  constructor({ earlierPasses, clock }: { earlierPasses: EarlierPasses; clock: Clock }) {
    this.#clock = clock;
    this.#asking = new Groups((questions) => this.#ask(earlierPasses, questions));
  }

  /** @param wanted what would hold without an earlier pass @returns that, or what is stricter */
  async atMost(wanted: Mode, mail: IncomingMail, facts: MailFacts): Promise<Mode> {
    const { messageId: messageIdHeader } = facts;
    // What the mail itself says, its author says now; mail of the API is no mail that went out before.
    if (messageIdHeader === null || facts.mode !== undefined || mail.source === 'api' || wanted === 'off')
      return wanted;
    const earlier = await this.#asking.call({ workspaceId: mail.workspaceId, messageIdHeader });
    return earlier === undefined ? wanted : stricter(wanted, earlier);
  }

  async #ask(passes: EarlierPasses, questions: readonly Question[]): Promise<(Mode | undefined)[]> {
    const since = this.#clock() - LATELY_MS;
    const known = new Map<string, Mode>();
    const key = (workspaceId: WorkspaceId, id: string): string => `${workspaceId} ${id}`;
    await Promise.all(
      [...Map.groupBy(questions, ({ workspaceId }) => workspaceId)].map(async ([workspaceId, asked]) => {
        const ids = [...new Set(asked.map(({ messageIdHeader }) => messageIdHeader))];
        for (const { messageIdHeader, mode } of await passes.modesSince(workspaceId, ids, since)) {
          const at = key(workspaceId, messageIdHeader);
          known.set(at, stricter(mode, known.get(at) ?? mode));
        }
      }),
    );
    return questions.map(({ workspaceId, messageIdHeader }) => known.get(key(workspaceId, messageIdHeader)));
  }
}

function stricter(one: Mode, other: Mode): Mode {
  return BY_STRICTNESS.indexOf(other) > BY_STRICTNESS.indexOf(one) ? other : one;
}
