import type { AllocationOrder, HealthRule } from "../../model/allocation.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { ExecutionAllocation } from "../../model/groupJob.ts";
import type { StartOrder } from "../../model/order.ts";
import type { RolloutTask } from "../../policy/rollout.ts";
import { saveExecution } from "../record.ts";
import type { Engine, Job, LiveTask, Node } from "../state.ts";
import { countInDeployment, partInDeployment } from "./deployment.ts";
import { groupOfVersion, groupsOf } from "./jobGroups.ts";

/** The groups' side of an execution. */
export function allocationOf(live: LiveTask): ExecutionAllocation {
  const { allocation } = live.execution;
  if (allocation === undefined) {
    throw new Error(`execution ${live.execution.number} runs no group`);
  }
  return allocation;
}

export function setAllocation(
  engine: Engine,
  live: LiveTask,
  changes: Partial<ExecutionAllocation>,
): void {
  const before = partInDeployment(live);
  live.execution.allocation = { ...allocationOf(live), modifiedAt: engine.now, ...changes };
  saveExecution(engine, live);
  countInDeployment(engine, live, before);
}

/** How Nomad describes the stop of what a job does not want any more. */
export const NOT_NEEDED = "alloc not needed due to job update";

/** Says why an execution is to stop; the first reason stays. */
export function describeStop(engine: Engine, live: LiveTask, description: string): void {
  if (allocationOf(live).desired === "stop") return;
  setAllocation(engine, live, { desired: "stop", description });
}

/** How it stands on the way to the job's version: going, still an earlier one, or there, with its health. */
export function rolloutOf(live: LiveTask): RolloutTask {
  if (live.execution.stopReason !== null) return { state: "stopping" };
  const { version, state } = allocationOf(live);
  if (version !== groupsOf(live.job).record.version) return { state: "outdated" };
  const isRunning = state?.status === "running";
  return { state: "current", healthy: state?.health?.healthy ?? null, isRunning };
}

/** When the node is to count it as healthy: by the update policy while it is deployed, else by the migrate policy. */
export function healthRuleOf(group: GroupSpec): HealthRule | null {
  const policy = group.update ?? group.migrate;
  if (policy === null || policy.healthCheck === "manual") return null;
  return {
    healthCheck: policy.healthCheck,
    minHealthyTimeMs: policy.minHealthyTimeMs,
    deadlineMs: policy.healthyDeadlineMs,
  };
}

/** What the node is told of an execution of a group. */
export function allocationStartOrder(live: LiveTask, node: Node): StartOrder {
  const { job, task, execution } = live;
  const { spec } = job.record;
  return {
    execution: execution.number,
    kind: "task",
    jobId: spec.id,
    taskId: directoryOf(live),
    poolId: spec.poolId,
    nodeId: node.record.id,
    members: [],
    commonEnvironmentSettings: [],
    preparationId: null,
    keepDirectory: false,
    ordinal: execution.ordinal,
    startBefore: null,
    allocation: allocationOrder(live, job, node, task.id),
  };
}

/** Each execution has a directory of its own: its id, so that an old one's files are never another's. */
export function directoryOf(live: LiveTask): string {
  return allocationOf(live).id;
}

function allocationOrder(live: LiveTask, job: Job, node: Node, name: string): AllocationOrder {
  const allocation = allocationOf(live);
  const { record } = groupsOf(job);
  const earlier = record.history.find(({ version }) => version === allocation.version);
  const spec = earlier?.spec ?? job.record.spec;
  const group = groupOfVersion(job, live.task, allocation.version);
  if (group === null || spec.groups === undefined || spec.type === "fleet") {
    throw new Error(`version ${allocation.version} of job ${spec.id} is not kept`);
  }
  return {
    name: name.replace(/@.*$/, ""),
    allocationId: allocation.id,
    index: allocation.index,
    version: allocation.version,
    jobName: spec.groups.name,
    jobType: spec.type,
    parentJobId: record.parentJobId,
    region: spec.groups.region,
    namespace: spec.groups.namespace,
    datacenter: node.record.facts?.host?.datacenter ?? "",
    meta: { ...spec.groups.meta, ...record.meta },
    group,
    ports: allocation.ports,
    health: healthRuleOf(group),
    payload: record.payload,
  };
}
