import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type ConstraintOptions, constraintsOf } from "./constraints.ts";

export interface TaskEditOptions extends ConstraintOptions {
  readonly jobId: string;
  readonly id: string;
}

/** The API replaces constraints as a whole: those that are not given are sent as they are. */
export async function run(session: Session, options: TaskEditOptions): Promise<number> {
  const { jobId, id } = options;
  const given = constraintsOf(options);
  if (given === undefined) throw new UsageError("Expected something to change and got nothing.");
  const { tasks } = await session.client();
  const before = await tasks.get(jobId, id);
  const constraints = { ...before.constraints, ...given };
  const task = await tasks.updateConstraints(jobId, id, { constraints });
  return await printDone(session, `${id} of ${jobId} has been modified successfully.`, task);
}
