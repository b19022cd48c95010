import type { Definition } from "../../protocol/api/answer/definition.ts";
import { givenOf } from "../command/keyValue.ts";
import { type SwitchLetter, switchOf } from "../command/people.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";
import { osUserText } from "./shown.ts";
import type { APPROVAL } from "./words.ts";

export interface TaskListOptions {
  readonly id: string | undefined;
  readonly owner: string | undefined;
  readonly execScheduler: SwitchLetter | undefined;
  readonly execOnDemand: SwitchLetter | undefined;
  readonly execTask: SwitchLetter | undefined;
  readonly apprStatus: keyof typeof APPROVAL | undefined;
  readonly apprUser: string | undefined;
  readonly node: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** As the API says it. */
const APPROVAL_STATES = { N: "none", Q: "requested", A: "approved", R: "rejected" } as const;

const COLUMNS = [
  column<Definition>("ID", (task) => task.id),
  column<Definition>("REV.", (task) => task.revision),
  column<Definition>("OWNER", (task) => task.ownerId),
  column<Definition>("SCRIPT", (task) => task.script.name),
  column<Definition>("OS USER", osUserText),
  column<Definition>("NEXT TASK", (task) => task.nextTaskId),
];

export async function run(session: Session, options: TaskListOptions): Promise<number> {
  const { id, owner, apprStatus, apprUser, limit, offset } = options;
  const filter = givenOf({
    id,
    owner,
    byScheduler: switchOf(options.execScheduler),
    byOnDemand: switchOf(options.execOnDemand),
    byTask: switchOf(options.execTask),
    approval: apprStatus === undefined ? undefined : APPROVAL_STATES[apprStatus],
    approver: apprUser,
    nodeId: options.node,
  });
  const client = await session.client();
  const tasks = await client.definitions.list({ ...filter, limit, offset });
  return await printList(session, COLUMNS, rowsOf(tasks));
}
