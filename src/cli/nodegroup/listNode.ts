import type { NodeGroup } from "../../protocol/api/answer/nodeGroup.ts";
import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface NodeGroupListNodeOptions {
  readonly id: string;
}

const COLUMNS = [
  column<NodeGroup["nodes"][number]>("ID", (node) => node.id),
  column<NodeGroup["nodes"][number]>("HOSTNAME", (node) => node.hostname),
  column<NodeGroup["nodes"][number]>("STATUS", (node) => node.status),
];

export async function run(session: Session, { id }: NodeGroupListNodeOptions): Promise<number> {
  const client = await session.client();
  const { nodes } = await client.nodeGroups.get(id);
  return await printList(session, COLUMNS, allRows(nodes, { limit: 0, offset: 0 }));
}
