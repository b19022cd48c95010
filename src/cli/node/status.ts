import type { Node } from "../../protocol/api/answer/node.ts";
import { type Cell, second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import { type Part, printParts } from "../output/parts.ts";
import { whenText } from "../output/relative.ts";
import type { Field } from "../output/view.ts";
import type { Session } from "../session.ts";
import { namedNode } from "./named.ts";

export interface NodeStatusOptions {
  readonly id: string | undefined;
  readonly verbose: boolean;
}

const COLUMNS = [
  column<Node>("ID", (node) => node.id),
  column<Node>("Node Pool", (node) => node.poolId),
  column<Node>("DC", (node) => node.datacenter),
  column<Node>("Hostname", (node) => node.hostname),
  column<Node>("Class", (node) => node.nodeClass || "<none>"),
  column<Node>("Drain", (node) => node.drain !== undefined),
  column<Node>("Eligibility", eligibilityOf),
  column<Node>("Status", statusOf),
];

export async function run(session: Session, options: NodeStatusOptions): Promise<number> {
  const { id, verbose } = options;
  const client = await session.client();
  if (id === undefined) {
    const rows = await readRows({ limit: 0, offset: 0 }, (page) => client.nodes.list(page));
    return await printList(session, COLUMNS, rows);
  }
  const node = await namedNode(client, id);
  return await printParts(session, nodeParts(node, verbose, session.io.now()), node);
}

function eligibilityOf({ schedulingState, drain }: Node): string {
  return schedulingState === "enabled" && drain === undefined ? "eligible" : "ineligible";
}

/** Nomad's words for whether it is heard. */
function statusOf({ state, contact }: Node): string {
  if (state === "creating" || state === "starting") return "initializing";
  switch (contact) {
    case "connected":
      return "ready";
    case "away":
    case "unknown":
      return "disconnected";
    case "lost":
      return "down";
  }
}

function nodeParts(node: Node, isVerbose: boolean, now: number): Part[] {
  return [
    { title: "", fields: headerFields(node, now) },
    ...driverParts(node),
    ...(isVerbose ? volumeParts(node) : []),
    ...resourceParts(node),
    ...(isVerbose ? [...pairParts("Attributes", node.attributes)] : []),
    ...(isVerbose ? [...pairParts("Meta", node.meta)] : []),
  ];
}

function headerFields(node: Node, now: number): Field[] {
  const healthy = Object.entries(node.drivers ?? {}).filter(([, driver]) => driver.healthy);
  return [
    ["ID", node.id],
    ["Hostname", node.hostname],
    ["Node Pool", node.poolId],
    ["Class", node.nodeClass || "<none>"],
    ["DC", node.datacenter],
    ["Drain", node.drain !== undefined],
    ...drainFields(node, now),
    ["Eligibility", eligibilityOf(node)],
    ["Status", statusOf(node)],
    ["Last Contact", second(node.contactTime)],
    [
      "Host Volumes",
      Object.keys(node.hostVolumes ?? {})
        .toSorted()
        .join(",") || "<none>",
    ],
    ["Driver Status", healthy.map(([name]) => name).join(",")],
  ];
}

function drainFields({ drain }: Node, now: number): Field[] {
  if (drain === undefined) return [];
  const { deadline, ignoreSystemJobs } = drain;
  return [
    ["Drain Deadline", deadline === undefined ? "none" : whenText(deadline, now)],
    ["Ignore System Jobs", ignoreSystemJobs],
  ];
}

function driverParts({ drivers }: Node): Part[] {
  const entries = Object.entries(drivers ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return [];
  const rows = entries.map(([name, { detected, healthy, description }]): Cell[] => [
    name,
    detected,
    healthy,
    description,
  ]);
  return [{ title: "Drivers", head: ["Driver", "Detected", "Healthy", "Message"], rows }];
}

function volumeParts({ hostVolumes }: Node): Part[] {
  const entries = Object.entries(hostVolumes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return [];
  const rows = entries.map(([name, { readOnly, path }]): Cell[] => [name, readOnly, path]);
  return [{ title: "Host Volumes", head: ["Name", "Read Only", "Source"], rows }];
}

function resourceParts({ groupResources: all, usedByGroups: used }: Node): Part[] {
  if (all === undefined) return [];
  const { cpuMhz = 0, memoryMb = 0, diskMb = 0 } = used ?? {};
  const row = [
    `${cpuMhz}/${all.cpuMhz} MHz`,
    `${memoryMb}/${all.memoryMb} MiB`,
    `${diskMb}/${all.diskMb} MiB`,
  ];
  return [{ title: "Allocated Resources", head: ["CPU", "Memory", "Disk"], rows: [row] }];
}

function pairParts(title: string, pairs: Readonly<Record<string, string>> = {}): Part[] {
  const entries = Object.entries(pairs).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? [] : [{ title, fields: entries }];
}
