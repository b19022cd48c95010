import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeDisableOptions {
  readonly id: string;
  readonly tasks: "requeue" | "terminate" | "taskcompletion" | undefined;
}

export async function run(session: Session, { id, tasks }: NodeDisableOptions): Promise<number> {
  const client = await session.client();
  const body = givenOf({ nodeDisableSchedulingOption: tasks });
  const answer = await client.nodes.disableScheduling(id, body);
  return await printDone(session, `${id} has been disabled successfully.`, answer);
}
