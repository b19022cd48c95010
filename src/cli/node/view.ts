import type { Node } from "../../protocol/api/answer/node.ts";
import { formatSize, minute, second } from "../output/cell.ts";
import { type Field, printView, type Section, type View } from "../output/view.ts";
import type { Session } from "../session.ts";
import { namedNode } from "./named.ts";

export interface NodeViewOptions {
  readonly id: string;
  readonly batch: boolean;
}

export async function run(session: Session, { id, batch }: NodeViewOptions): Promise<number> {
  const client = await session.client();
  const node = await namedNode(client, id);
  return await printView(session, nodeView(node, batch), node);
}

export function nodeView(node: Node, batch: boolean): View {
  const errors = (node.errors ?? []).map(({ code, message }) => `${code}: ${message}`);
  const batchSection: Section[] = batch ? [{ name: "BATCH", fields: batchFields(node) }] : [];
  const errorSection: Section[] = errors.length === 0 ? [] : [{ name: "ERRORS", items: errors }];
  return {
    fields: [
      ["ID", node.id],
      ["AGENT VERSION", node.nodeAgentInfo?.version],
      ["CONNECT IP", node.ipAddress],
      ["OS", node.os],
      ["HOSTNAME", node.hostname],
      ["OWNER", node.owner],
      ["STATUS", node.fleetStatus],
      ["GUID", node.guid],
      ["HEARTBEAT", minute(node.contactTime)],
      ["DESCRIPTION", node.description],
      ["CREATED AT", minute(node.allocationTime)],
      ["UPDATED AT", minute(node.updateTime)],
      ["UPDATED BY", node.updatedBy],
    ],
    sections: [...batchSection, ...errorSection],
  };
}

function batchFields(node: Node): Field[] {
  const { memoryBytes } = node;
  return [
    ["POOL ID", node.poolId],
    ["VM SIZE", node.vmSize],
    ["CORES", node.cores],
    ["MEMORY", memoryBytes === undefined ? undefined : formatSize(memoryBytes)],
    ["STATE", node.state],
    ["STATE SINCE", second(node.stateTransitionTime)],
    ["DEALLOCATION", node.nodeDeallocationOption],
    ["RETAINED UNTIL", second(node.retainedUntil)],
    ["SCHEDULING", node.schedulingState],
    ["CONTACT", node.contact],
    ["CONTACT AT", second(node.contactTime)],
    ["SLOTS", node.taskSlots],
    ["SLOTS IN USE", node.runningTaskSlotsCount],
    ["TASKS RUNNING", node.runningTasksCount],
    ["TASKS RUN", node.totalTasksRun],
    ["TASKS SUCCEEDED", node.totalTasksSucceeded],
    ["LAST BOOT", minute(node.lastBootTime)],
  ];
}
