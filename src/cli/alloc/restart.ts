import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import type { Session } from "../session.ts";

export interface AllocRestartOptions {
  readonly id: string;
  readonly task: string | undefined;
  readonly allTasks: boolean;
}

export async function run(session: Session, options: AllocRestartOptions): Promise<number> {
  const id = checkedAllocationId(options.id);
  const member = options.task;
  if (member !== undefined && options.allTasks) {
    throw new UsageError(`Expected one of -all-tasks and a task and got both, "${member}".`);
  }
  const client = await session.client();
  const body = options.allTasks ? { dead: true } : {};
  const answer = await client.groups.restartAllocation(
    id,
    member === undefined ? body : { ...body, member },
  );
  const what = member === undefined ? id : `${member} of ${id}`;
  return await printDone(session, `${what}'s restart has been requested successfully.`, answer);
}
