import type { Node } from "../../protocol/api/answer/node.ts";
import { givenOf } from "../command/keyValue.ts";
import { type SwitchLetter, switchOf } from "../command/people.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface NodeListOptions {
  readonly id: string | undefined;
  readonly agentVersion: string | undefined;
  readonly ip: string | undefined;
  readonly os: string | undefined;
  readonly hostname: string | undefined;
  readonly owner: string | undefined;
  readonly status: SwitchLetter | Node["state"] | undefined;
  readonly poolId: string | undefined;
  readonly batch: boolean;
  readonly limit: number;
  readonly offset: number;
}

const ID = column<Node>("ID", (node) => node.id);
const AGENT_VERSION = column<Node>("AGENT VER", (node) => node.nodeAgentInfo?.version);
const CONNECT_IP = column<Node>("CONNECT IP", (node) => node.ipAddress);
const HOSTNAME = column<Node>("HOSTNAME", (node) => node.hostname);
const HEARTBEAT = column<Node>("HEARTBEAT", (node) => minute(node.contactTime));
const STATUS = column<Node>("STATUS", (node) => node.fleetStatus);

/** What matters to fleet runs. */
const COLUMNS = [
  ID,
  AGENT_VERSION,
  CONNECT_IP,
  column<Node>("OS", (node) => node.os),
  HOSTNAME,
  column<Node>("OWNER", (node) => node.owner),
  HEARTBEAT,
  STATUS,
];

const BATCH_COLUMNS = [
  ID,
  AGENT_VERSION,
  CONNECT_IP,
  HOSTNAME,
  column<Node>("POOL", (node) => node.poolId),
  column<Node>("STATE", (node) => node.state),
  column<Node>("SCHEDULING", (node) => node.schedulingState),
  column<Node>("SLOTS", (node) => `${node.runningTaskSlotsCount}/${node.taskSlots}`),
  HEARTBEAT,
  STATUS,
];

export async function run(session: Session, options: NodeListOptions): Promise<number> {
  const { id, agentVersion, ip: ipAddress, os, hostname, owner, poolId } = options;
  const filter = givenOf({ id, agentVersion, ipAddress, os, hostname, owner, poolId });
  const state = stateFilter(options.status);
  const client = await session.client();
  const rows = await readRows(options, (page) =>
    client.nodes.list({ ...filter, ...state, ...page }),
  );
  return await printList(session, options.batch ? BATCH_COLUMNS : COLUMNS, rows);
}

/** E and D are of fleet runs, all other words are states of batch. */
function stateFilter(status: NodeListOptions["status"]) {
  if (status === undefined) return {};
  if (status === "E" || status === "D") return givenOf({ fleetStatus: switchOf(status) });
  return { state: status };
}
