import type { TaskRecord } from "../../model/task.ts";
import { saveTask } from "../record.ts";
import type { Engine, Job } from "../state.ts";
import { stopWaitingForNode } from "./nodeTargets.ts";

/** Targets of a rolling run that no batch has taken: which are, and when, fleet operations decide. */

/** It does not begin before it is released. */
export function holdTarget(engine: Engine, job: Job, task: TaskRecord): void {
  task.progress.held = true;
  saveTask(engine, task);
  job.run?.held.set(task.number, task);
}

/** It is held no longer. */
export function letGo(engine: Engine, job: Job, task: TaskRecord): void {
  if (job.run?.held.delete(task.number) !== true) return;
  task.progress.held = false;
  saveTask(engine, task);
}

/** Targets that were released and still wait for their nodes are held again; what was sent goes on. Returns how many. */
export function holdWaiting(engine: Engine, job: Job): number {
  const waiting = [...(job.run?.waiting.values() ?? [])];
  for (const task of waiting) {
    stopWaitingForNode(engine, job, task);
    holdTarget(engine, job, task);
  }
  return waiting.length;
}
