import type { ExecutionResult } from "../model/execution.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { SpecialInstance } from "../model/nodeJob.ts";
import { decideSpecialEnd } from "../policy/specialEnd.ts";
import { emitSpecialTask } from "./emit.ts";
import { clampEnd, dropSpecial, specialOrder } from "./preparation.ts";
import { effect, saveNodeJob } from "./record.ts";
import { type Engine, type Job, mustHave, type Node } from "./state.ts";

/** Where a task of the job ran and preparation ran and completed, once (Azure Batch 5.5). */
export function owesRelease(job: Job, node: Node): boolean {
  const nodeJob = node.jobs.get(job.record.number);
  if (nodeJob === undefined || job.record.spec.release === null) return false;
  if (nodeJob.release?.state === "completed") return false;
  return nodeJob.ranTask && nodeJob.preparation?.state === "completed";
}

/** Orders the release. */
export function startRelease(engine: Engine, job: Job, node: Node): void {
  const execution = beginRelease(engine, job, node);
  effect(engine, {
    effect: "start",
    node: node.record.number,
    order: specialOrder(job, node, "release", execution, 0),
  });
}

/** A new instance whose order is still to be given: after a reboot in the middle of one, settling gives it. */
export function beginRelease(engine: Engine, job: Job, node: Node): number {
  const nodeJob = mustHave(node.jobs, job.record.number, "node job");
  engine.counters.execution += 1;
  const execution = engine.counters.execution;
  nodeJob.release = {
    state: "running",
    execution,
    accepted: false,
    assignedAt: engine.now,
    startedAt: null,
    retryCount: 0,
    lastRetryAt: null,
    stopping: false,
  };
  saveNodeJob(engine, nodeJob);
  engine.specials.set(execution, { kind: "release", job, node });
  job.specials.add(execution);
  return execution;
}

/** The node says that a release is over; its failure changes nothing for the job. */
export function releaseEnded(engine: Engine, job: Job, node: Node, result: ExecutionResult): void {
  const nodeJob = mustHave(node.jobs, job.record.number, "node job");
  const running = nodeJob.release;
  if (running?.state !== "running") return;
  dropSpecial(engine, job, running.execution);
  const decision = decideSpecialEnd(result.outcome, {
    retryCount: 0,
    maxTaskRetryCount: 0,
    stopping: false,
  });
  if (decision.action === "again") {
    startRelease(engine, job, node);
    return;
  }
  completeRelease(engine, job, node, {
    state: "completed",
    execution: running.execution,
    result: decision.result,
    exitCode: decision.exitCode,
    failure: decision.failure,
    startedAt: running.startedAt ?? result.startedAt,
    endedAt: clampEnd(engine, running.assignedAt, result.endedAt),
    retryCount: 0,
    lastRetryAt: null,
    bootId: node.record.bootId,
    output: { stdout: result.stdout, stderr: result.stderr },
  });
  engine.touchedJobs.add(job.record.number);
}

/** Recorded as not run: the node did not answer, or is gone. */
export function notRun(engine: Engine, job: Job, node: Node, why: string): void {
  const nodeJob = mustHave(node.jobs, job.record.number, "node job");
  const running = nodeJob.release;
  if (running?.state !== "running") return;
  dropSpecial(engine, job, running.execution);
  const failure: FailureInfo = {
    category: "servererror",
    code: "NodeLost",
    message: `Node ${node.record.id} ${why}; whether the release ran there is not known.`,
  };
  completeRelease(engine, job, node, {
    state: "completed",
    execution: running.execution,
    result: "failure",
    exitCode: null,
    failure,
    startedAt: running.startedAt,
    endedAt: engine.now,
    retryCount: 0,
    lastRetryAt: null,
    bootId: node.record.bootId,
    output: null,
  });
}

function completeRelease(
  engine: Engine,
  job: Job,
  node: Node,
  completed: SpecialInstance & { state: "completed" },
): void {
  const nodeJob = mustHave(node.jobs, job.record.number, "node job");
  nodeJob.release = completed;
  saveNodeJob(engine, nodeJob);
  emitSpecialTask(engine, job, "release", node.record.id, completed);
}
