import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskRunnerOptions {
  readonly id: string;
  readonly user: readonly string[];
  readonly userGroup: readonly string[];
  readonly task: readonly string[];
}

type Change = "addRunners" | "removeRunners";
const SAID: Readonly<Record<Change, string>> = {
  addRunners: "has been added to runner successfully.",
  removeRunners: "has been removed from runner successfully.",
};

/** Changes the runners of the working copy, all of them or none; says it of each. */
export async function changeRunners(
  session: Session,
  { id, user: userIds, userGroup: userGroupIds, task: definitionIds }: TaskRunnerOptions,
  change: Change,
): Promise<number> {
  const named = [...userIds, ...userGroupIds, ...definitionIds];
  if (named.length === 0) {
    throw new UsageError("Expected -us,--user, -ug,--usergroup or -ts,--task and got none.");
  }
  const client = await session.client();
  const body = {
    userIds: [...userIds],
    userGroupIds: [...userGroupIds],
    definitionIds: [...definitionIds],
  };
  const task = await client.definitions[change](id, body);
  return await printDone(session, named.map((name) => `${name} ${SAID[change]}`).join("\n"), task);
}
