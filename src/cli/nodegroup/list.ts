import type { NodeGroupItem } from "../../protocol/api/answer/nodeGroup.ts";
import { givenOf } from "../command/keyValue.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";

export interface NodeGroupListOptions {
  readonly id: string | undefined;
  readonly owner: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<NodeGroupItem>("ID", (group) => group.id),
  column<NodeGroupItem>("OWNER", (group) => group.owner),
  column<NodeGroupItem>("DESCRIPTION", (group) => group.description),
];

export async function run(session: Session, options: NodeGroupListOptions): Promise<number> {
  const { id, owner, limit, offset } = options;
  const client = await session.client();
  const groups = await client.nodeGroups.list({ ...givenOf({ id, owner }), limit, offset });
  return await printList(session, COLUMNS, rowsOf(groups));
}
