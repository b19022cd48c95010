import { foldId } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Reply } from "../input.ts";
import { terminateJob } from "../jobs.ts";
import type { Engine, Job } from "../state.ts";
import { currentTask, terminateTask } from "../taskRequests.ts";

/** Stops a run, or one of its targets; `loaded`: that target, from the store. What waits ends unsent. */
export function stopRun(
  engine: Engine,
  job: Job,
  target: string | null,
  reason: string,
  loaded: ReadonlyMap<string, TaskRecord>,
): Reply {
  if (target === null) return terminateJob(engine, job, reason);
  const task = currentTask(engine, job, target, loaded.get(foldId(target)) ?? null);
  return "ok" in task ? task : terminateTask(engine, job, task);
}
