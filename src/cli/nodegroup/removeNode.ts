import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupRemoveNodeOptions {
  readonly id: string;
  readonly nodeId: string;
}

export async function run(
  session: Session,
  { id, nodeId }: NodeGroupRemoveNodeOptions,
): Promise<number> {
  const client = await session.client();
  const answer = await client.nodeGroups.removeNode(id, nodeId);
  return await printDone(session, `${nodeId} has been removed from ${id} successfully.`, answer);
}
