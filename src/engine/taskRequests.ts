import type { TaskRecord } from "../model/task.ts";
import { slotsOf, type TaskSpec } from "../model/taskSpec.ts";
import { taskEnded } from "../policy/taskEnd.ts";
import type { Reply, RequestInput } from "./input.ts";
import { refusedByState } from "./jobs.ts";
import { refuse } from "./nodes.ts";
import { takeFromQueue } from "./queueing.ts";
import { saveTask } from "./record.ts";
import { queueAgain } from "./requeue.ts";
import { endUnsent } from "./runs/targetEnd.ts";
import { type Engine, type Job, liveOf } from "./state.ts";
import { complete, removeTask, stopExecution } from "./taskEnd.ts";

/**
 * The task that a request names: the live one, else as the store has it. Rows are read before the request is applied.
 */
export function currentTask(
  engine: Engine,
  job: Job,
  id: string,
  stored: TaskRecord | null,
): TaskRecord | Reply {
  if (stored === null) {
    return refuse(
      "TaskNotFound",
      `Job ${job.record.spec.id} has no task ${id}.`,
      "List the job's tasks for their ids.",
    );
  }
  return (
    job.groups?.tasks.get(stored.number) ??
    liveOf(engine, stored)?.task ??
    job.run?.waiting.get(stored.number) ??
    job.run?.held.get(stored.number) ??
    job.again.get(stored.number) ??
    stored
  );
}

function beingDeleted(task: TaskRecord): Reply | null {
  if (!task.progress.deleting) return null;
  return refuse("TaskBeingDeleted", `Task ${task.id} is being deleted.`, "Wait until it is gone.");
}

/** Ends a task that is still queued, without a run (Azure Batch 6.7). */
function completeQueued(engine: Engine, job: Job, task: TaskRecord): void {
  if (job.run !== null) {
    endUnsent(engine, job, task, { why: "stopped" });
    return;
  }
  const slots = slotsOf(task.spec);
  takeFromQueue(job, task.number);
  job.counts.active -= 1;
  job.counts.activeSlots -= slots;
  complete(
    engine,
    { job, task, slots },
    taskEnded(task.progress.deleting ? "deleted" : "terminated", null),
    engine.now,
  );
  engine.touchedJobs.add(job.record.number);
}

export function terminateTask(engine: Engine, job: Job, task: TaskRecord): Reply {
  const refused = beingDeleted(task);
  if (refused !== null) return refused;
  if (task.progress.state === "completed") {
    return refuse(
      "TaskCompleted",
      `Task ${task.id} has completed already.`,
      "Nothing needs to be done.",
    );
  }
  const live = liveOf(engine, task);
  if (live === null) completeQueued(engine, job, task);
  else stopExecution(engine, live, "terminated");
  return { ok: true };
}

/** Completed and not successful only; a fresh allowance of retries (Azure Batch 6.7, 1.8). */
export function reactivateTask(engine: Engine, job: Job, task: TaskRecord): Reply {
  const refused = refusedByState(job) ?? beingDeleted(task);
  if (refused !== null) return refused;
  const { progress } = task;
  if (progress.state !== "completed") {
    return refuse(
      "TaskNotCompleted",
      `Task ${task.id} is ${progress.state}; only a completed task can be reactivated.`,
      "Wait until it has completed.",
    );
  }
  if (progress.outcome?.result === "success") {
    return refuse(
      "TaskSucceeded",
      `Task ${task.id} has succeeded; only a failed task can be reactivated.`,
      "Add a new task to run it again.",
    );
  }
  progress.outcome = null;
  progress.retryCount = 0;
  progress.recoveryCount = 0;
  progress.lastRetryAt = null;
  progress.endedAt = null;
  queueAgain(engine, { job, task, slots: slotsOf(task.spec) }, "failed");
  return { ok: true };
}

/** Removes the task and its directory regardless of retention; a running one is stopped first. */
export function deleteTask(engine: Engine, job: Job, task: TaskRecord): Reply {
  if (job.record.state === "deleting") return refusedByState(job) ?? { ok: true };
  const refused = beingDeleted(task);
  if (refused !== null) return refused;
  const { progress } = task;
  const live = liveOf(engine, task);
  progress.deleting = true;
  saveTask(engine, task);
  if (live !== null) stopExecution(engine, live, "deleted");
  else if (progress.state === "completed") {
    removeTask(engine, { job, task, slots: slotsOf(task.spec) });
  } else completeQueued(engine, job, task);
  return { ok: true };
}

type Constraints = (RequestInput & { kind: "updateTask" })["constraints"];

/** Only constraints can be changed (Azure Batch 6.1); a running process keeps the wall clock it was started with. */
export function updateTask(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  constraints: Constraints,
): Reply {
  const refused = beingDeleted(task);
  if (refused !== null) return refused;
  if (task.progress.state === "completed") {
    return refuse(
      "TaskCompleted",
      `Task ${task.id} has completed.`,
      "Reactivate it first, or add a new task.",
    );
  }
  const { maxWallClockMs: _a, retentionMs: _b, maxTaskRetryCount: _c, ...rest } = task.spec;
  const spec: TaskSpec = { ...rest, ...constraints };
  task.spec = spec;
  engine.outcome.changes.taskSpecs.set(task.number, spec);
  saveTask(engine, task);
  if (job.queue.has(task.number)) {
    job.window.delete(task.number);
    job.again.set(task.number, task);
  }
  return { ok: true };
}
