import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeDeleteOptions {
  readonly id: string;
  readonly tasks: "requeue" | "terminate" | "taskcompletion" | "retaineddata" | undefined;
}

export async function run(session: Session, { id, tasks }: NodeDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.nodes.remove(id, givenOf({ nodeDeallocationOption: tasks }));
  return await printDone(session, `${id}'s deletion has been requested successfully.`, answer);
}
