import type { ExecutionResult } from "../model/execution.ts";
import type { SpecialInstance } from "../model/nodeJob.ts";
import { decideSpecialEnd } from "../policy/specialEnd.ts";
import { run } from "./assign.ts";
import { emitScheduleFail, emitSpecialTask } from "./emit.ts";
import { clampEnd, dropSpecial, startPreparation, waitersOn } from "./preparation.ts";
import { saveNodeJob } from "./record.ts";
import { requeue } from "./requeue.ts";
import { type Engine, type Job, mustHave, type Node } from "./state.ts";
import { freeExecution } from "./taskEnd.ts";

/** The node says that a preparation's process is over. */
export function preparationEnded(
  engine: Engine,
  job: Job,
  node: Node,
  result: ExecutionResult,
): void {
  const nodeJob = mustHave(node.jobs, job.record.number, "node job");
  const running = nodeJob.preparation;
  const spec = job.record.spec.preparation;
  if (running?.state !== "running" || spec === null) return;
  const decision = decideSpecialEnd(result.outcome, {
    retryCount: running.retryCount,
    maxTaskRetryCount: spec.maxTaskRetryCount,
    stopping: running.stopping,
  });
  dropSpecial(engine, job, running.execution);
  const startedAt = running.startedAt ?? result.startedAt;
  if (decision.action === "again") {
    const counts = decision.counts ? running.retryCount + 1 : running.retryCount;
    startPreparation(engine, job, node, { retryCount: counts, startedAt });
    return;
  }
  const completed: SpecialInstance & { state: "completed" } = {
    state: "completed",
    execution: running.execution,
    result: decision.result,
    exitCode: decision.exitCode,
    failure: decision.failure,
    startedAt,
    endedAt: clampEnd(engine, running.assignedAt, result.endedAt),
    retryCount: running.retryCount,
    lastRetryAt: running.lastRetryAt,
    bootId: node.record.bootId,
    output: { stdout: result.stdout, stderr: result.stderr },
  };
  nodeJob.preparation = completed;
  saveNodeJob(engine, nodeJob);
  emitSpecialTask(engine, job, "preparation", node.record.id, completed);
  releaseWaiters(engine, job, node, completed);
  engine.touchedJobs.add(job.record.number);
}

/** Tasks that waited on the node run, or go back to the queue and the node is barred for the job (5.3). */
function releaseWaiters(
  engine: Engine,
  job: Job,
  node: Node,
  preparation: SpecialInstance & { state: "completed" },
): void {
  if (preparation.result === "success") {
    for (const live of waitersOn(engine, job, node)) run(engine, live, node);
    return;
  }
  if (job.record.spec.preparation?.waitForSuccess === true) job.barred.add(node.record.number);
  const code = preparation.exitCode === null ? "" : ` with exit code ${preparation.exitCode}`;
  for (const live of waitersOn(engine, job, node)) {
    freeExecution(engine, live, null);
    emitScheduleFail(engine, job, live.task, node.record.id, {
      category: "UserError",
      code: "JobPreparationTaskFailed",
      message: `The job preparation task failed on node ${node.record.id}${code}.`,
    });
    requeue(engine, live, "preparationFailed");
  }
}
