import type { Fleet } from "../../fleet/state.ts";
import type { NodeFacts, NodeProgress, NodeRecord, NodeState } from "../../model/node.ts";
import { isoTime } from "../../model/time.ts";
import type { Node } from "../../protocol/api/answer/node.ts";
import { present, timeOf } from "./present.ts";
import { nodeUrl } from "./url.ts";

/** A node with what only the live engine knows of it. */
export interface NodeFigures {
  readonly record: NodeRecord;
  readonly progress: NodeProgress;
  readonly state: NodeState;
  readonly runningTasksCount: number;
  readonly runningTaskSlotsCount: number;
  readonly poolId: string;
  readonly vmSize: string;
  /** Null: it runs no groups. */
  readonly usedByGroups: Node["usedByGroups"] | null;
}

function factsView(facts: NodeFacts, bootAt: number | null, createdAt: number) {
  const { hostname, os, ipAddress, cores, memoryBytes, agentVersion } = facts;
  const nodeAgentInfo = { version: agentVersion, lastUpdateTime: isoTime(bootAt ?? createdAt) };
  return { hostname, os, ipAddress, cores, memoryBytes, nodeAgentInfo, ...hostView(facts) };
}

/** What groups are placed by. */
function hostView({ host }: NodeFacts) {
  if (host === undefined) return {};
  const { datacenter, nodeClass, meta, attributes, drivers, hostVolumes } = host;
  const { cpuMhz, memoryMb, diskMb } = host;
  return {
    datacenter,
    ...(nodeClass === "" ? {} : { nodeClass }),
    meta: { ...meta },
    attributes: { ...attributes },
    drivers: { ...drivers },
    ...(hostVolumes === undefined ? {} : { hostVolumes: { ...hostVolumes } }),
    groupResources: { cpuMhz, memoryMb, diskMb },
  };
}

function drainView({ drain }: NodeRecord): Pick<Node, "drain"> {
  if (drain === undefined || drain === null) return {};
  const { startedAt, deadlineAt, ignoreSystemJobs } = drain;
  const deadline = present({ deadline: timeOf(deadlineAt) });
  return { drain: { startTime: isoTime(startedAt), ...deadline, ignoreSystemJobs } };
}

/** What a reboot or removal under way waits for. */
function orderView({ option, orderIssued }: NodeRecord, { retainedUntil }: NodeProgress) {
  const waits = option === "retaineddata" && !orderIssued && retainedUntil > 0;
  return present({
    nodeDeallocationOption: option,
    retainedUntil: waits ? isoTime(retainedUntil) : null,
  });
}

/** What people say of it. */
function peopleView({ users }: Fleet, record: NodeRecord) {
  const idOf = (user: number | null | undefined) =>
    user === null || user === undefined ? null : users.get(user)?.id;
  return {
    ...present({ owner: idOf(record.owner), description: record.description }),
    ...present({ updateTime: timeOf(record.updatedAt ?? null), updatedBy: idOf(record.updatedBy) }),
  };
}

export function nodeView(fleet: Fleet, node: NodeFigures): Node {
  const { record, progress } = node;
  const errors = record.errors.map(({ code, message }) => ({ code, message }));
  return {
    id: record.id,
    guid: record.guid,
    url: nodeUrl(record.id),
    poolId: node.poolId,
    state: node.state,
    stateTransitionTime: isoTime(record.lifeAt),
    schedulingState: record.schedulingState,
    fleetStatus: record.fleetStatus,
    ...peopleView(fleet, record),
    contact: record.contact,
    isDedicated: true,
    provided: record.provided,
    affinityId: record.id,
    vmSize: node.vmSize,
    taskSlots: record.slots,
    allocationTime: isoTime(record.createdAt),
    // Before its first boot here nothing was heard of it.
    ...(record.bootId === null ? {} : { contactTime: isoTime(record.contactAt) }),
    ...present({ lastBootTime: timeOf(record.bootAt), bootId: record.bootId }),
    ...(record.facts === null ? {} : factsView(record.facts, record.bootAt, record.createdAt)),
    totalTasksRun: progress.tasksRun,
    totalTasksSucceeded: progress.tasksSucceeded,
    runningTasksCount: node.runningTasksCount,
    runningTaskSlotsCount: node.runningTaskSlotsCount,
    ...orderView(record, progress),
    ...drainView(record),
    ...(node.usedByGroups === null ? {} : { usedByGroups: node.usedByGroups }),
    ...(errors.length === 0 ? {} : { errors }),
  };
}
