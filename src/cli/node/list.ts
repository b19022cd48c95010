import type { Node } from "../../protocol/api/answer/node.ts";
import { givenOf } from "../command/keyValue.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface NodeListOptions {
  readonly id: string | undefined;
  readonly poolId: string | undefined;
  readonly state: Node["state"] | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<Node>("ID", (node) => node.id),
  column<Node>("AGENT VER", (node) => node.nodeAgentInfo?.version),
  column<Node>("CONNECT IP", (node) => node.ipAddress),
  column<Node>("HOSTNAME", (node) => node.hostname),
  column<Node>("POOL", (node) => node.poolId),
  column<Node>("STATE", (node) => node.state),
  column<Node>("SCHEDULING", (node) => node.schedulingState),
  column<Node>("SLOTS", (node) => `${node.runningTaskSlotsCount}/${node.taskSlots}`),
  column<Node>("HEARTBEAT", (node) => minute(node.contactTime)),
  column<Node>("STATUS", (node) => node.fleetStatus),
];

export async function run(session: Session, options: NodeListOptions): Promise<number> {
  const client = await session.client();
  const { id: idPrefix, poolId, state } = options;
  const filter = givenOf({ idPrefix, poolId, state });
  const rows = await readRows(options, (page) => client.nodes.list({ ...filter, ...page }));
  return await printList(session, COLUMNS, rows);
}
