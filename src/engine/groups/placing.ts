import type { TaskRecord } from "../../model/task.ts";
import { saveJobProgress } from "../record.ts";
import { poolOf, wakePool } from "../ring.ts";
import type { Engine, Job } from "../state.ts";
import { setTaskState } from "../taskState.ts";
import { groupsOf, progressOf } from "./jobGroups.ts";

/** Tasks of groups that wait: for a node, or for the instant of a reschedule. */

/** Has a node looked for. `changed`: its state is another one now. Counts are the caller's. */
export function queueForPlacing(engine: Engine, job: Job, task: TaskRecord, changed = false): void {
  if (changed) {
    task.progress.startedAt = null;
    setTaskState(engine, task, "active");
    saveJobProgress(engine, job);
  }
  const { actsAt } = progressOf(task);
  if (actsAt !== null && actsAt > engine.now) {
    watchTask(engine, task, actsAt);
    return;
  }
  groupsOf(job).live.placing.add(task.number);
  placeSoon(engine, job);
}

/** Likewise for a canary, at its own time. */
export function queueCanary(engine: Engine, job: Job, task: TaskRecord): void {
  const actsAt = progressOf(task).canary?.actsAt ?? null;
  if (actsAt !== null && actsAt > engine.now) {
    watchTask(engine, task, actsAt);
    return;
  }
  groupsOf(job).live.canaries.placing.add(task.number);
  placeSoon(engine, job);
}

export function watchTask(engine: Engine, task: TaskRecord, dueAt: number): void {
  engine.timers.add(dueAt, { timer: "groupTask", task: task.number });
}

export function dropFromPlacing(job: Job, task: TaskRecord): void {
  const { live } = groupsOf(job);
  live.placing.delete(task.number);
  live.nowhere.delete(task.number);
}

export function dropCanaryFromPlacing(job: Job, task: TaskRecord): void {
  const { canaries } = groupsOf(job).live;
  canaries.placing.delete(task.number);
  canaries.nowhere.delete(task.number);
}

/** Wakes the pool's placement. */
export function placeSoon(engine: Engine, job: Job): void {
  const pool = poolOf(engine, job);
  if (pool !== null) wakePool(engine, pool.record.number);
}
