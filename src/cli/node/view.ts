import type { Node } from "../../protocol/api/answer/node.ts";
import { formatSize, minute, second } from "../output/cell.ts";
import { printView, type View } from "../output/view.ts";
import type { Session } from "../session.ts";
import { namedNode } from "./named.ts";

export interface NodeViewOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: NodeViewOptions): Promise<number> {
  const client = await session.client();
  const node = await namedNode(client, id);
  return await printView(session, nodeView(node), node);
}

export function nodeView(node: Node): View {
  const { memoryBytes } = node;
  const errors = (node.errors ?? []).map(({ code, message }) => `${code}: ${message}`);
  return {
    fields: [
      ["ID", node.id],
      ["AGENT VERSION", node.nodeAgentInfo?.version],
      ["CONNECT IP", node.ipAddress],
      ["OS", node.os],
      ["HOSTNAME", node.hostname],
      ["CORES", node.cores],
      ["MEMORY", memoryBytes === undefined ? undefined : formatSize(memoryBytes)],
      ["STATUS", node.fleetStatus],
      ["GUID", node.guid],
      ["POOL ID", node.poolId],
      ["VM SIZE", node.vmSize],
      ["STATE", node.state],
      ["STATE SINCE", second(node.stateTransitionTime)],
      ["DEALLOCATION", node.nodeDeallocationOption],
      ["RETAINED UNTIL", second(node.retainedUntil)],
      ["SCHEDULING", node.schedulingState],
      ["CONTACT", node.contact],
      ["HEARTBEAT", second(node.contactTime)],
      ["SLOTS", node.taskSlots],
      ["SLOTS IN USE", node.runningTaskSlotsCount],
      ["TASKS RUNNING", node.runningTasksCount],
      ["TASKS RUN", node.totalTasksRun],
      ["TASKS SUCCEEDED", node.totalTasksSucceeded],
      ["LAST BOOT", minute(node.lastBootTime)],
      ["CREATED AT", minute(node.allocationTime)],
    ],
    sections: errors.length === 0 ? [] : [{ name: "ERRORS", items: errors }],
  };
}
