import type { TaskNumber } from "../model/id.ts";
import type { TaskRecord } from "../model/task.ts";
import type { Job } from "./state.ts";

/** Rows of a job's queue that are read ahead at most; more would only cost memory. */
export const WINDOW_MAX = 4_096;

/** Takes a task out of the queue and of what was read ahead. */
export function takeFromQueue(job: Job, task: TaskNumber): void {
  job.queue.delete(task);
  job.window.delete(task);
  job.again.delete(task);
}

/** A retry goes back to its node when possible (Azure Batch 6.6). */
export function retriedOn(task: TaskRecord): string | null {
  const { progress } = task;
  const isRetry = progress.lastRetryAt !== null && progress.lastRetryAt === progress.stateAt;
  return isRetry ? progress.nodeId : null;
}
