import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import type { InstanceOptions } from "./view.ts";

export async function run(session: Session, { instanceNo }: InstanceOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.instances.resume(instanceNo);
  const said = `The resume of task-instance #${instanceNo} has been requested successfully.`;
  return await printDone(session, said, answer);
}
