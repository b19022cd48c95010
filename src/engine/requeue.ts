import { saveJobProgress } from "./record.ts";
import { wait } from "./ring.ts";
import type { Engine, LiveTask } from "./state.ts";
import { setTaskState } from "./taskState.ts";

/** Why a task goes back to the queue; the counters follow from it (Azure Batch 1.8). */
export type RequeueCause = "retry" | "requeue" | "recovery" | "preparationFailed";

/** Puts the task of an execution that is over back among the active ones. */
export function requeue(engine: Engine, live: LiveTask, cause: RequeueCause): void {
  countRun(engine, live, cause);
  queueAgain(engine, live, "running");
}

/** Makes a task active again that counted as running or as failed: queued whole, at its old place by number. */
export function queueAgain(
  engine: Engine,
  { job, task, slots }: Pick<LiveTask, "job" | "task" | "slots">,
  from: "running" | "failed",
): void {
  task.progress.startedAt = null;
  setTaskState(engine, task, "active");
  const { counts } = job;
  counts[from] -= 1;
  counts[`${from}Slots`] -= slots;
  counts.active += 1;
  counts.activeSlots += slots;
  saveJobProgress(engine, job);
  job.queue.add(task.number, slots);
  job.again.set(task.number, task);
  wait(engine, job);
}

/** Each cause moves its own counter; none but a retry counts against maxTaskRetryCount. */
function countRun(engine: Engine, live: LiveTask, cause: RequeueCause): void {
  const { progress } = live.task;
  switch (cause) {
    case "retry":
      progress.retryCount += 1;
      progress.lastRetryAt = engine.now;
      progress.recoveryCount = 0;
      return;
    case "requeue":
      progress.requeueCount += 1;
      progress.lastRequeueAt = engine.now;
      return;
    case "recovery":
      progress.recoveryCount += 1;
      return;
    case "preparationFailed":
      return;
  }
}
