import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupAddNodeOptions {
  readonly id: string;
  readonly nodeId: string;
}

export async function run(
  session: Session,
  { id, nodeId }: NodeGroupAddNodeOptions,
): Promise<number> {
  const client = await session.client();
  const group = await client.nodeGroups.addNode(id, nodeId);
  return await printDone(session, `${nodeId} has been added to ${id} successfully.`, group);
}
