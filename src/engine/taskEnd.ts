import type { ExecutionResult, StopReason } from "../model/execution.ts";
import { RETENTION_DEFAULT_MS } from "../model/limits.ts";
import type { TaskOutcome } from "../model/task.ts";
import { decideFleetEnd } from "../policy/fleetEnd.ts";
import { decideTaskEnd, type ExecutionEnd, type TaskEndDecision } from "../policy/taskEnd.ts";
import { assign } from "./assign.ts";
import { emitTaskEnd, maxTaskRetryCountOf } from "./emit.ts";
import { countInDeployment, partInDeployment } from "./groups/deployment.ts";
import { dropUsage } from "./groups/usage.ts";
import { freeForGroup, freeSlots, takesWork } from "./nodeIndex.ts";
import { clampEnd } from "./preparation.ts";
import { takeFromQueue } from "./queueing.ts";
import { effect, saveExecution, saveJobProgress, saveNodeProgress, saveTask } from "./record.ts";
import { removeTaskDirectory } from "./removal.ts";
import { requeue } from "./requeue.ts";
import { wait } from "./ring.ts";
import { noteTargetEnd } from "./runs/nodeTargets.ts";
import { type Engine, type LiveTask, touchJob, touchNode } from "./state.ts";
import { setTaskState } from "./taskState.ts";

/** The node confirmed the end, with what it saw. */
export function executionEnded(engine: Engine, live: LiveTask, result: ExecutionResult): void {
  live.execution.result = result;
  if (result.startedAt !== null) {
    live.execution.startedAt = clampEnd(engine, live.execution.assignedAt, result.startedAt);
  }
  finish(engine, live, { kind: "outcome", outcome: result.outcome });
}

/** Nobody will ever know how it ended; a late result is ignored. */
export function executionLost(engine: Engine, live: LiveTask, reason: string): void {
  live.execution.state = "lost";
  finish(engine, live, { kind: "lost", reason });
}

/** It was stopped before the node had begun with it. */
export function executionNeverRan(engine: Engine, live: LiveTask): void {
  finish(engine, live, { kind: "neverRan" });
}

function finish(engine: Engine, live: LiveTask, end: ExecutionEnd): void {
  const { task, execution, job } = live;
  if (execution.allocation !== undefined) {
    finishGroup(engine, live, end);
    return;
  }
  if (task.spec.target !== undefined) {
    finishTarget(engine, live, end);
    return;
  }
  const decision = decideTaskEnd(end, execution.stopReason, {
    retryCount: task.progress.retryCount,
    recoveryCount: task.progress.recoveryCount,
    maxTaskRetryCount: maxTaskRetryCountOf(job, task),
  });
  const isUnseen = end.kind === "outcome" && end.outcome.state === "unseen";
  if (isUnseen) execution.state = "lost";
  freeExecution(engine, live, execution.result?.endedAt ?? null);
  follow(engine, live, decision);
  touchJob(engine, job);
}

/** What becomes of its task is decided with everything else of groups, before the next input (settleGroups). */
function finishGroup(engine: Engine, live: LiveTask, end: ExecutionEnd): void {
  const { execution } = live;
  const before = partInDeployment(live);
  if (end.kind === "outcome" && end.outcome.state === "unseen") execution.state = "lost";
  freeExecution(engine, live, execution.result?.endedAt ?? null);
  countInDeployment(engine, live, before);
  engine.endedInGroups.push({ live, end });
  touchJob(engine, live.job);
}

/** A fleet script runs at most once under one number of its execution: it has ended, however it did. */
function finishTarget(engine: Engine, live: LiveTask, end: ExecutionEnd): void {
  const { execution } = live;
  if (end.kind === "outcome" && end.outcome.state === "unseen") execution.state = "lost";
  freeExecution(engine, live, execution.result?.endedAt ?? null);
  const outcome = decideFleetEnd(end, execution.stopReason);
  noteTargetEnd(engine, live.job, { hasFailed: outcome.result === "failure", wasHeld: false });
  completeLive(engine, live, outcome);
  touchJob(engine, live.job);
}

function follow(engine: Engine, live: LiveTask, decision: TaskEndDecision): void {
  switch (decision.action) {
    case "complete":
      completeLive(engine, live, decision.outcome);
      return;
    case "retry":
      requeue(engine, live, "retry");
      retryInPlace(engine, live);
      return;
    case "requeue":
      requeue(engine, live, "requeue");
      return;
    case "recover":
      requeue(engine, live, "recovery");
      return;
  }
}

/** Ends the execution's hold on node, slots and memory; the task still counts as running until it moves on. */
export function freeExecution(engine: Engine, live: LiveTask, endedAt: number | null): void {
  const { execution, node } = live;
  if (execution.state !== "lost") execution.state = "ended";
  execution.endedAt =
    endedAt === null ? engine.now : clampEnd(engine, execution.assignedAt, endedAt);
  saveExecution(engine, live);
  engine.executions.delete(execution.number);
  node.executions.delete(execution.number);
  freeForGroup(node, execution);
  if (execution.allocation !== undefined) engine.groupPools.add(node.record.pool);
  dropUsage(live);
  if (live.task.spec.target !== undefined) {
    node.targets.running -= 1;
    engine.runNodes.add(node.record.number);
  }
  freeSlots(engine, node, live.slots);
  touchNode(engine, node);
}

/** A retry starts at once on the node it has, if node and job still want it (Azure Batch 6.6). */
function retryInPlace(engine: Engine, live: LiveTask): void {
  const { job, task, node } = live;
  if (!takesWork(node) || job.barred.has(node.record.number)) return;
  if (job.record.state !== "active") return;
  if (node.record.slots - node.usedSlots < live.slots) return;
  takeFromQueue(job, task.number);
  assign(engine, job, task, node.record.number);
}

function completeLive(engine: Engine, live: LiveTask, outcome: TaskOutcome): void {
  const { job, slots, execution } = live;
  job.counts.running -= 1;
  job.counts.runningSlots -= slots;
  countOnNode(engine, live, outcome);
  complete(engine, live, outcome, execution.endedAt ?? engine.now);
  wait(engine, job);
}

function countOnNode(engine: Engine, live: LiveTask, outcome: TaskOutcome): void {
  const { node } = live;
  node.progress.tasksRun += 1;
  if (outcome.result === "success") node.progress.tasksSucceeded += 1;
  if (live.job.run === null) {
    const until = engine.now + (live.task.spec.retentionMs ?? RETENTION_DEFAULT_MS);
    node.progress.retainedUntil = Math.max(node.progress.retainedUntil, until);
  }
  saveNodeProgress(engine, node);
}

/** The end of a task: counted, announced, and removed when it was being deleted. */
export function complete(
  engine: Engine,
  live: Pick<LiveTask, "job" | "task" | "slots"> & Partial<Pick<LiveTask, "execution">>,
  outcome: TaskOutcome,
  endedAt: number,
): void {
  const { job, task, slots } = live;
  task.progress.outcome = outcome;
  task.progress.endedAt = endedAt;
  setTaskState(engine, task, "completed");
  const { counts } = job;
  if (outcome.result === "success") {
    counts.succeeded += 1;
    counts.succeededSlots += slots;
  } else {
    counts.failed += 1;
    counts.failedSlots += slots;
  }
  saveJobProgress(engine, job);
  emitTaskEnd(engine, job, task, live.execution);
  if (task.progress.deleting) removeTask(engine, live);
}

/** Takes a completed task out of the job, with its directory on the node it ran on last. */
export function removeTask(engine: Engine, live: Pick<LiveTask, "job" | "task" | "slots">): void {
  const { job, task, slots } = live;
  if (task.progress.outcome?.result === "success") {
    job.counts.succeeded -= 1;
    job.counts.succeededSlots -= slots;
  } else {
    job.counts.failed -= 1;
    job.counts.failedSlots -= slots;
  }
  saveJobProgress(engine, job);
  removeTaskDirectory(engine, job, task);
  engine.outcome.changes.tasks.set(task.number, null);
}

/** Reasons after which the task would run again: one that ends it for good takes their place. */
const RUNS_AGAIN: ReadonlySet<StopReason> = new Set(["requeued", "superseded"]);

/**
 * Orders an execution to stop; the first reason wins, but what ends the task wins over what queues it again. One that still
 * waits for preparation ends here and now, as the node was never told of it.
 */
export function stopExecution(engine: Engine, live: LiveTask, reason: StopReason): void {
  const { execution } = live;
  if (execution.stopReason !== null) {
    if (!RUNS_AGAIN.has(execution.stopReason) || RUNS_AGAIN.has(reason)) return;
    execution.stopReason = reason;
    saveExecution(engine, live);
    return;
  }
  execution.stopReason = reason;
  dropUsage(live);
  if (execution.state === "preparing") {
    executionNeverRan(engine, live);
    return;
  }
  // It waited for a node that was given up: nobody will ever confirm its end.
  if (execution.state === "unknown" && live.node.record.contact === "lost") {
    executionLost(engine, live, `Contact with node ${live.node.record.id} was lost`);
    return;
  }
  execution.state = "stopping";
  saveExecution(engine, live);
  saveTask(engine, live.task);
  orderStop(engine, live);
}

/** (Again) tells the node to stop it. */
export function orderStop(engine: Engine, live: LiveTask): void {
  effect(engine, {
    effect: "stop",
    node: live.node.record.number,
    execution: live.execution.number,
    graceMs: engine.settings.stopGraceMs,
  });
}
