import type { Client } from "../../client/client.ts";
import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskTargetOptions {
  readonly id: string;
  readonly node: readonly string[];
  readonly nodeGroup: readonly string[];
}

type Change = "addTargets" | "removeTargets";
const SAID: Readonly<Record<Change, string>> = {
  addTargets: "has been added to target successfully.",
  removeTargets: "has been removed from target successfully.",
};

/** Changes the targets of the working copy, all of them or none; says it of each. */
export async function changeTargets(
  session: Session,
  { id, node: nodeIds, nodeGroup: nodeGroupIds }: TaskTargetOptions,
  change: Change,
): Promise<number> {
  const named = [...nodeIds, ...nodeGroupIds];
  if (named.length === 0) {
    throw new UsageError("Expected -nd,--node or -ng,--nodegroup and got neither.");
  }
  const client: Client = await session.client();
  const body = { nodeIds: [...nodeIds], nodeGroupIds: [...nodeGroupIds] };
  const task = await client.definitions[change](id, body);
  return await printDone(session, named.map((name) => `${name} ${SAID[change]}`).join("\n"), task);
}
