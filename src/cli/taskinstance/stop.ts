import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface InstanceStopOptions {
  readonly instanceNo: number;
  readonly nodeId: string | undefined;
  readonly reason: string | undefined;
}

export async function run(session: Session, options: InstanceStopOptions): Promise<number> {
  const { instanceNo, nodeId, reason } = options;
  const client = await session.client();
  const answer = await client.instances.stop(instanceNo, givenOf({ nodeId, reason }));
  const what = nodeId === undefined ? "" : `${nodeId} of `;
  const said = `The stop of ${what}task-instance #${instanceNo} has been requested successfully.`;
  return await printDone(session, said, answer);
}
