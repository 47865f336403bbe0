import { Groups } from '../kernel/groups.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Objections, WorkspacePolicies } from './ports.ts';

/** Whether and how a mail may be tracked. */
export interface Permission {
  /** Undefined: this workspace cannot send. */
  workspace: Awaited<ReturnType<WorkspacePolicies['workspace']>>;
  /** Recipients who objected, in lower case. */
  objected: ReadonlySet<string>;
}

interface Question {
  workspaceId: WorkspaceId;
  /** In lower case. */
  recipients: readonly string[];
}

/** Asks policies and objections once for all mails that come in at the same moment, and each time anew. */
export class Permissions {
  readonly #policies: WorkspacePolicies;
  readonly #objections: Objections;
  readonly #asking: Groups<Question, Permission>;

  constructor({ policies, objections }: { policies: WorkspacePolicies; objections: Objections }) {
    this.#policies = policies;
    this.#objections = objections;
    this.#asking = new Groups((questions) => this.#ask(questions));
  }

  /** @param recipients in lower case */
  for(workspaceId: WorkspaceId, recipients: readonly string[]): Promise<Permission> {
    return this.#asking.call({ workspaceId, recipients });
  }

  async #ask(questions: readonly Question[]): Promise<Permission[]> {
    const answers = new Map<WorkspaceId, Permission>();
    await Promise.all(
      [...Map.groupBy(questions, ({ workspaceId }) => workspaceId)].map(async ([workspaceId, asked]) => {
        const recipients = [...new Set(asked.flatMap((question) => question.recipients))];
        const [workspace, objected] = await Promise.all([
          this.#policies.workspace(workspaceId),
          this.#objections.isObjected(workspaceId, recipients),
        ]);
        answers.set(workspaceId, { workspace, objected });
      }),
    );
    return questions.map(({ workspaceId }) => answers.get(workspaceId) ?? UNKNOWN);
  }
}

const UNKNOWN: Permission = { workspace: undefined, objected: new Set() };
