import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeRebootOptions {
  readonly id: string;
  readonly tasks: "requeue" | "terminate" | "taskcompletion" | "retaineddata" | undefined;
}

export async function run(session: Session, { id, tasks }: NodeRebootOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.nodes.reboot(id, givenOf({ nodeRebootOption: tasks }));
  return await printDone(session, `${id}'s reboot has been requested successfully.`, answer);
}
