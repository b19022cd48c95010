import type { SpecialInstance } from "../model/nodeJob.ts";
import type { StartOrder } from "../model/order.ts";
import { effect, saveNodeJob } from "./record.ts";
import { type Engine, type Job, type LiveTask, mustHave, type Node } from "./state.ts";

/**
 * Whether the task may run at once or has to wait for the node's preparation (Azure Batch 5.2). Starts the
 * preparation when none counts.
 */
export function prepareFor(engine: Engine, live: LiveTask, node: Node): "wait" | "run" {
  const spec = live.job.record.spec.preparation;
  if (spec === null) return "run";
  const nodeJob = mustHave(node.jobs, live.job.record.number, "node job");
  const { preparation } = nodeJob;
  if (!isValid(preparation, live.job, node) && preparation?.state !== "running") {
    startPreparation(engine, live.job, node, null);
  }
  if (!spec.waitForSuccess) return "run";
  return isValid(nodeJob.preparation, live.job, node) ? "run" : "wait";
}

/**
 * Whether a finished preparation still counts. A success counts for the same boot, and beyond it only without
 * rerunOnNodeRebootAfterSuccess; with waitForSuccess=false a failure need not be repeated within a boot.
 */
function isValid(preparation: SpecialInstance | null, job: Job, node: Node): boolean {
  const spec = job.record.spec.preparation;
  if (spec === null || preparation === null || preparation.state === "running") return false;
  const sameBoot = preparation.bootId === node.record.bootId;
  if (preparation.result === "failure") return sameBoot && !spec.waitForSuccess;
  return sameBoot || !spec.rerunOnNodeRebootAfterSuccess;
}

/** Starts an instance, or the next try of one that failed on this node. */
export function startPreparation(
  engine: Engine,
  job: Job,
  node: Node,
  retry: { retryCount: number; startedAt: number | null } | null,
): void {
  engine.counters.execution += 1;
  const execution = engine.counters.execution;
  const nodeJob = mustHave(node.jobs, job.record.number, "node job");
  nodeJob.preparation = {
    state: "running",
    execution,
    accepted: false,
    assignedAt: engine.now,
    startedAt: retry?.startedAt ?? null,
    retryCount: retry?.retryCount ?? 0,
    lastRetryAt: retry === null ? null : engine.now,
    stopping: false,
  };
  saveNodeJob(engine, nodeJob);
  engine.specials.set(execution, { kind: "preparation", job, node });
  job.specials.add(execution);
  effect(engine, {
    effect: "start",
    node: node.record.number,
    order: specialOrder(job, node, "preparation", execution, nodeJob.preparation.retryCount),
  });
}

/** The order of a preparation or release. */
export function specialOrder(
  job: Job,
  node: Node,
  kind: "preparation" | "release",
  execution: number,
  retryCount: number,
): StartOrder {
  const { spec } = job.record;
  const command = kind === "preparation" ? spec.preparation : spec.release;
  if (command === null) throw new Error(`job ${spec.id} has no ${kind}`);
  return {
    execution,
    kind,
    jobId: spec.id,
    taskId: command.id,
    poolId: spec.poolId,
    nodeId: node.record.id,
    members: [{ name: "main", command }],
    commonEnvironmentSettings: spec.commonEnvironmentSettings,
    preparationId: kind === "preparation" ? null : (spec.preparation?.id ?? null),
    keepDirectory: retryCount > 0,
    ordinal: retryCount + 1,
    startBefore: null,
  };
}

/** Executions of the job that wait on the node for its preparation. */
export function waitersOn(engine: Engine, job: Job, node: Node): LiveTask[] {
  const waiters: LiveTask[] = [];
  for (const number of node.executions) {
    const live = engine.executions.get(number);
    if (live?.job === job && live.execution.state === "preparing") waiters.push(live);
  }
  return waiters;
}

export function dropSpecial(engine: Engine, job: Job, execution: number): void {
  engine.specials.delete(execution);
  job.specials.delete(execution);
}

/** The node's clock, clamped between assignment and receipt (DESIGN 2, Time). */
export function clampEnd(engine: Engine, assignedAt: number, endedAt: number): number {
  return Math.min(Math.max(endedAt, assignedAt), engine.now);
}
