import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { namedNode } from "./named.ts";

export interface NodeEligibilityOptions {
  readonly id: string;
  readonly enable: boolean;
  readonly disable: boolean;
}

export async function run(session: Session, options: NodeEligibilityOptions): Promise<number> {
  const { enable, disable } = options;
  if (enable === disable) throw new UsageError("Expected one of -enable and -disable.");
  const client = await session.client();
  const { nodes } = client;
  const { id } = await namedNode(client, options.id);
  // What runs there goes on: that it takes nothing new is all that is meant.
  const answer = enable
    ? await nodes.enableScheduling(id)
    : await nodes.disableScheduling(id, { nodeDisableSchedulingOption: "taskcompletion" });
  const word = enable ? "eligible" : "ineligible";
  return await printDone(session, `${id} is ${word} for scheduling.`, answer);
}
