import { saveJobProgress } from "./record.ts";
import { wait } from "./ring.ts";
import type { Engine, LiveTask } from "./state.ts";
import { setTaskState } from "./taskState.ts";

/** Why a task goes back to the queue; the counters follow from it (Azure Batch 1.8). */
export type RequeueCause = "retry" | "requeue" | "recovery" | "preparationFailed";

/** Puts the task of an execution that is over back among the active ones, at its old place by number. */
export function requeue(engine: Engine, live: LiveTask, cause: RequeueCause): void {
  const { job, task, slots } = live;
  const { progress } = task;
  countRun(engine, live, cause);
  progress.startedAt = null;
  setTaskState(engine, task, "active");
  job.counts.running -= 1;
  job.counts.runningSlots -= slots;
  job.counts.active += 1;
  job.counts.activeSlots += slots;
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
